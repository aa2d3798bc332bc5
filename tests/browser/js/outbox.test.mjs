import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../../../src/vivavoce/studio/recorder/outbox.js";
import { HttpError } from "../../../src/vivavoce/studio/common/sse.js";
import { Transcript } from "../../../src/vivavoce/studio/transcript/transcript.js";

/** A transcript of one utterance, and an outbox whose server answers with what is put in `answers`. */
function scene() {
  const transcript = new Transcript();
  transcript.add(1, { type: "final", id: "u", start: 0, end: 16000, text: "one", engine: "e", model: "m" });
  const sent = [];
  const answers = [];
  const send = async (edits) => {
    sent.push(edits);
    const answer = await answers.shift();
    if (answer instanceof Error) throw answer;
    return answer ?? taken(edits);
  };
  const outbox = new Outbox(send, transcript);
  const put = (text, base = 0) => outbox.put([{ key: "0:u", id: "u", text, base }]);
  const read = () => outbox.reading(transcript.utterance("0:u")).text;
  return { transcript, outbox, sent, answers, put, read };
}

const event = (text, base) => ({ type: "edited", id: "u", actor: "local", text, base_revision: base, words: [] });
const taken = (edits) => ({
  events: edits.map((edit) => ({ n: 2, epoch: 1, event: event(edit.text, edit.base_revision) })), conflicts: [],
});
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a change reads at once, and goes on reading until the server has told it", async () => {
  const { outbox, transcript, put, read } = scene();
  put("two");
  assert.deepEqual([read(), outbox.state], ["two", "saving"]);
  await settled();
  assert.deepEqual([read(), outbox.state], ["two", "saved"]);
  transcript.add(2, event("two", 0));
  transcript.add(3, event("three", 1)); // somebody else's
  assert.equal(read(), "three");
});

test("what is written while the last change is on its way stands on that one", async () => {
  const { sent, put, read } = scene();
  put("two");
  put("three");
  await settled();
  assert.deepEqual(sent.map(([edit]) => [edit.text, edit.base_revision]), [["two", 0], ["three", 1]]);
  assert.equal(read(), "three");
});

test("a person goes before a machine, another person is asked about", async () => {
  const { outbox, sent, answers, put } = scene();
  answers.push({ events: [], conflicts: [{ id: "u", text: "won", revision: 1 }] });
  put("two");
  await settled();
  assert.deepEqual(sent.at(-1)[0], { utterance: "u", text: "two", base_revision: 1 });
  const theirs = { id: "u", text: "deux", revision: 3, edited_by: "local" };
  answers.push(new HttpError(409, { code: "conflict", message: "", conflicts: [theirs] }));
  put("three", 2);
  await settled();
  assert.deepEqual(outbox.conflicts.get("0:u"), { mine: "three", theirs });

  outbox.settle("0:u", true);
  await settled();
  assert.deepEqual(sent.at(-1)[0], { utterance: "u", text: "three", base_revision: 3 });
  assert.equal(outbox.conflicts.size, 0);
});

test("what no server took is kept, and sent again when there is one", async () => {
  const { outbox, sent, answers, put, read } = scene();
  answers.push(new TypeError("no line"));
  put("two");
  await settled();
  assert.deepEqual([outbox.state, outbox.size, read()], ["offline", 1, "two"]);
  outbox.retry();
  await settled();
  assert.deepEqual([outbox.state, sent.length], ["saved", 2]);
});

test("what is refused for good is said, with what was written", async () => {
  const { outbox, answers, put } = scene();
  answers.push(new HttpError(422, { code: "bad_request", message: "Too long." }));
  let failure = null;
  outbox.addEventListener("failure", ({ detail }) => (failure = detail));
  put("two");
  await settled();
  assert.deepEqual([failure.message, failure.edits[0].text, outbox.size], ["Too long.", "two", 0]);
});
