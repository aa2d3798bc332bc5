import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../../../src/vivavoce/studio/editor/history.js";
import { layOut, piecesOf, textOf } from "../../../src/vivavoce/studio/transcript/paragraphs.js";
import { matchesIn, patternOf, replaced, tidied } from "../../../src/vivavoce/studio/transcript/search-text.js";
import { skipTo, speechOf } from "../../../src/vivavoce/studio/editor/silence.js";
import { colourOf, newLabel, saidBy, sayingOf, speakersOf } from "../../../src/vivavoce/studio/transcript/speakers.js";
import { lastAt, wordAtPlace, wordAtTime, wordsIn } from "../../../src/vivavoce/studio/transcript/word-at.js";

const SECOND = 16000;

/** An utterance of these words, a second each; `Ann:` before a word is who says it. */
function utterance(text, start = 0, fields = {}) {
  const words = text.split(" ").map((word, i) => {
    const [, speaker, said] = /^(?:(\w+):)?(.*)$/.exec(word);
    const at = start + i * SECOND;
    return { text: said, start: at, end: at + SECOND, ...(speaker && { speaker }) };
  });
  const read = words.map((word) => word.text).join(" ");
  return { key: `0:${start}`, id: `${start}`, text: read, start, end: start + words.length * SECOND, words, ...fields };
}

test("words are found where they stand, and by the time at which they are said", () => {
  const words = wordsIn(utterance("the cat and the dog"));
  assert.deepEqual(words.map(({ from, to }) => [from, to]), [[0, 3], [4, 7], [8, 11], [12, 15], [16, 19]]);
  assert.equal(wordAtPlace(words, 13).index, 3);
  assert.equal(wordAtPlace(words, 0).index, 0);
  assert.equal(wordAtTime(words, 2.5 * SECOND).index, 2);
  assert.equal(wordAtTime([], 0), null);
});

test("a word that the text has no more is passed over, and takes none that comes later", () => {
  const edited = { ...utterance("a cat sat"), text: "a dog sat" };
  assert.deepEqual(wordsIn(edited).map(({ index, from }) => [index, from]), [[0, 0], [2, 6]]);
});

test("words without times are guessed by their share of the text", () => {
  const words = wordsIn({ text: "ab cd", start: 0, end: 100 });
  assert.deepEqual(words.map(({ index, from, start }) => [index, from, start]), [[-1, 0, 0], [-1, 3, 60]]);
});

test("the last item at or before a position", () => {
  const items = [{ start: 0 }, { start: 10 }, { start: 10 }, { start: 30 }];
  assert.deepEqual([-1, 0, 9, 10, 29, 99].map((at) => lastAt(items, at)), [-1, 0, 0, 2, 2, 3]);
});

test("an utterance of two speakers is cut where they change, and nothing of it is lost", () => {
  const talk = utterance("Ann:Are Ann:you Ann:there? Bob:Yes. Ann:Good.", 0, { speaker: "Ann" });
  const pieces = piecesOf(talk);
  assert.deepEqual(pieces.map((piece) => [piece.speaker, textOf(piece)]), [
    ["Ann", "Are you there?"], ["Bob", "Yes."], ["Ann", "Good."],
  ]);
  assert.equal(pieces.map(({ from, to }) => talk.text.slice(from, to)).join(""), talk.text);
  assert.equal(new Set(pieces.map(({ key }) => key)).size, 3);
});

test("paragraphs end at pauses, speakers, notes and after a while; never by their characters", () => {
  const at = (second, fields) => utterance("one two", second * SECOND, fields);
  const rows = (utterances, notes = [], names = {}, live = false) =>
    layOut(utterances, notes, names, live).map((row) => row.pieces?.length ?? row.note.text);
  assert.deepEqual(rows([at(0), at(2), at(7)]), [2, 1]);
  assert.deepEqual(rows([at(0, { speaker: "S1" }), at(2, { speaker: "S2" })]), [1, 1]);
  const merged = { S1: "Ann", S2: "Ann" };
  assert.deepEqual(rows([at(0, { speaker: "S1" }), at(2, { speaker: "S2" })], [], merged), [2]);
  assert.deepEqual(rows([at(0), at(2)], [{ kind: "marker", at: 1.5 * SECOND, text: "here" }]), [1, "here", 1]);
  const long = Array.from({ length: 20 }, (_, i) => at(2 * i));
  assert.deepEqual(rows(long), [15, 5]);
  const known = [at(0, { speaker: "S1" }), at(2)];
  assert.deepEqual([rows(known), rows(known, [], {}, true)], [[1, 1], [2]]);
});

test("a change is undone and done again, and a new one ends what could be", () => {
  const history = new History();
  const edit = (before, after) => ({ edits: [{ key: "a", before, after }], assign: [], names: [] });
  history.add(edit("1", "2"));
  history.add(edit("2", "3"));
  assert.deepEqual(history.undo(), edit("3", "2"));
  assert.deepEqual(history.undo(), edit("2", "1"));
  assert.equal(history.undo(), null);
  assert.deepEqual(history.redo(), edit("1", "2"));
  history.add(edit("2", "4"));
  assert.deepEqual([history.canRedo, history.redo()], [false, null]);
});

test("what is sought is plain text, whatever it looks like", () => {
  const found = (text, sought, options) =>
    matchesIn(text, patternOf(sought, options)).map(({ from, to }) => text.slice(from, to));
  assert.deepEqual(found("a.c abc (a.c)", "a.c"), ["a.c", "a.c"]);
  assert.deepEqual(found("Öl öl", "öl"), ["Öl", "öl"]);
  assert.deepEqual(found("Öl öl", "öl", { matchCase: true }), ["öl"]);
  assert.deepEqual(found("naïve na", "na", { wholeWord: true }), ["na"]);
  assert.deepEqual(found("C++ and c-d", "c++"), ["C++"]);
  assert.deepEqual(found("a  b", "a b"), ["a  b"]);
  assert.equal(patternOf(""), null);
});

test("what replaces it is plain text too, and what is typed becomes one line", () => {
  const places = matchesIn("a cat, a cat", patternOf("cat"));
  assert.equal(replaced("a cat, a cat", places, "$&"), "a $&, a $&");
  assert.equal(tidied(" one\u00a0 two\nthree "), "one two three");
});

test("speakers who are shown alike are one, in the colour of the first", () => {
  const talk = [utterance("a", 0, { speaker: "S2" }), utterance("Bob:b", SECOND, { speaker: "S1" })];
  assert.deepEqual(speakersOf(talk, { S1: "Ada", S2: "Ada" }), [
    { name: "Ada", labels: ["S2", "S1"], colour: 0 },
    { name: "Bob", labels: ["Bob"], colour: colourOf("Bob") },
  ]);
  assert.deepEqual(["S1", "S2", "S9"].map(colourOf), [0, 1, 0]);
  assert.equal(newLabel(["S1", "S3"], { S3: "S2" }), "S4");
});

test("words are given to another speaker, and only they", () => {
  const talk = utterance("one two three", 0, { speaker: "S1" });
  assert.deepEqual(saidBy(talk, 4, 7, "S2"), { speaker: "S1", words: [null, "S2", null] });
  assert.deepEqual(saidBy(talk, 0, 13, "S2"), { speaker: "S2", words: [] });
  assert.deepEqual(saidBy({ ...talk, words: [] }, 4, 7, "S2"), { speaker: "S2", words: [] });
  assert.deepEqual(sayingOf(talk), { speaker: "S1", words: [] });
  const mixed = utterance("one S2:two", 0, { speaker: "S1" });
  assert.deepEqual(saidBy(mixed, 4, 7, "S1"), { speaker: "S1", words: [] });
});

test("silence is skipped from soon after the words to shortly before the next", () => {
  const speech = speechOf([{ start: 0, end: 32000 }, { start: 40000, end: 64000 }, { start: 160000, end: 176000 }], 16000);
  assert.deepEqual(speech, [{ start: 0, end: 4 }, { start: 10, end: 11 }]);
  assert.deepEqual([3, 4.2, 5, 9.7, 10.5, 20].map((at) => skipTo(speech, at)), [null, null, 9.75, null, null, null]);
});
