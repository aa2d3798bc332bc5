import assert from "node:assert/strict";
import { test } from "node:test";

import { Transcript } from "../../../src/vivavoce/studio/transcript/transcript.js";

const final = (id, start, end, text) => ({ type: "final", id, start, end, text });
const interim = (id, start, end, stable, tail) => ({ type: "interim", id, start, end, stable, tail });
const texts = (transcript) => transcript.utterances.map(({ text }) => text);

test("finals settle in order of start, empty ones leave nothing", () => {
  const transcript = new Transcript();
  transcript.add(1, final("b", 200, 300, "second"));
  transcript.add(2, final("a", 0, 100, "first"));
  transcript.add(3, final("c", 400, 500, ""));
  assert.deepEqual(texts(transcript), ["first", "second"]);
  assert.equal(transcript.position, 500);
});

test("a final takes the place of its interim; a late interim is not heard", () => {
  const transcript = new Transcript();
  transcript.hear(interim("a", 0, 50, "fir", "st"));
  assert.equal(transcript.interim.stable, "fir");
  transcript.add(1, final("a", 0, 100, "first"));
  assert.equal(transcript.interim, null);
  transcript.hear(interim("a", 0, 90, "fir", "st"));
  assert.equal(transcript.interim, null);
});

test("an event of a newer epoch replaces everything from its number on", () => {
  const transcript = new Transcript();
  transcript.add(1, final("a", 0, 100, "one"));
  transcript.add(2, final("b", 100, 200, "too"));
  transcript.add(3, final("c", 200, 300, "tree"));
  let resets = 0;
  transcript.addEventListener("reset", () => resets++);
  transcript.add(2, final("b", 100, 200, "two"));
  assert.deepEqual([texts(transcript), resets], [["one", "two"], 1]);
});

test("a revision counts, a person's edit beats the machine's later reading", () => {
  const transcript = new Transcript();
  transcript.add(1, final("a", 0, 100, "wun"));
  transcript.add(2, { type: "revised", id: "a", text: "one", words: [] });
  transcript.add(3, { type: "edited", id: "a", text: "lost", actor: "x", base_revision: 0 });
  transcript.add(4, { type: "edited", id: "a", text: "One.", actor: "x", base_revision: 1 });
  transcript.add(5, { type: "revised", id: "a", text: "won", words: [] });
  assert.deepEqual(texts(transcript), ["One."]);
});

test("a second part lies behind the first", () => {
  const transcript = new Transcript();
  transcript.add(1, final("a", 0, 100, "before"));
  transcript.beginPart(16000);
  transcript.add(1, final("a", 0, 100, "after"));
  assert.deepEqual(texts(transcript), ["before", "after"]);
  assert.equal(transcript.utterances[1].start, 16000);
});

test("the end is told, and takes the open utterance with it", () => {
  const transcript = new Transcript();
  let told = 0;
  transcript.addEventListener("ended", () => told++);
  transcript.hear(interim("a", 0, 50, "", "um"));
  transcript.add(1, { type: "ended", reason: "finished", duration: 800 });
  assert.deepEqual([transcript.ended, transcript.interim, told], ["finished", null, 1]);
  assert.equal(transcript.position, 800);
});
