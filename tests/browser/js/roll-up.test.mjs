import assert from "node:assert/strict";
import { test } from "node:test";

import { lookOf } from "../../../src/vivavoce/studio/viewer/captions-look.js";
import { RollUp } from "../../../src/vivavoce/studio/viewer/roll-up.js";

const WIDTH = 12; // characters
const rolling = () => new RollUp((text) => text.length <= WIDTH);
const texts = (roll, count = 3) => roll.lines(count).map(({ text }) => text);

test("words fill lines, and a word that stands does not move", () => {
  const roll = rolling();
  roll.say("u1", "one two");
  assert.deepEqual(texts(roll), ["one two"]);
  roll.say("u1", "one two three");
  roll.say("u1", "one two three four five");
  assert.deepEqual(texts(roll), ["one two", "three four", "five"]);
  roll.say("u2", "six");
  assert.deepEqual(texts(roll), ["one two", "three four", "five six"]);
  roll.say("u2", "six seven");
  assert.deepEqual(texts(roll, 2), ["five six", "seven"]);
});

test("a change moves what follows it and nothing before", () => {
  const roll = rolling();
  roll.say("u1", "one two three for five");
  roll.say("u1", "one two three four five six");
  assert.deepEqual(texts(roll), ["one two", "three four", "five six"]);
  roll.say("u2", "seven");
  roll.say("u1", "one two three");
  assert.deepEqual(texts(roll), ["one two", "three seven"]);
});

test("what is struck out leaves the screen", () => {
  const roll = rolling();
  roll.say("u1", "one");
  roll.say("u2", "two");
  roll.say("u1", "");
  assert.deepEqual(texts(roll), ["two"]);
  roll.say("u2", "");
  assert.deepEqual(texts(roll), []);
});

test("a word longer than a line has one of its own", () => {
  const roll = rolling();
  roll.say("u1", "a Donaudampfschifffahrt b");
  assert.deepEqual(texts(roll), ["a", "Donaudampfschifffahrt", "b"]);
});

test("hours of words keep no more than is shown", () => {
  const roll = rolling();
  for (let i = 0; i < 2000; i++) roll.say(`u${i}`, `word${i} and more`);
  assert.equal(roll.lines(Infinity).length <= 13, true);
  assert.match(texts(roll, 1)[0], /more$/);
});

test("a cleared screen begins again", () => {
  const roll = rolling();
  roll.say("u1", "one two three");
  roll.clear();
  roll.say("u2", "four");
  assert.deepEqual(texts(roll), ["four"]);
});

const look = (query) => lookOf(new URLSearchParams(query), (name) => name === "yellow");

test("captions look as the address says", () => {
  const { lines, position, language, styles } = look(
    "size=60&lines=3&colour=ffee00&background=00000080&outline=none&position=top&language=de-AT",
  );
  assert.deepEqual([lines, position, language], [3, "top", "de-AT"]);
  assert.deepEqual(styles, {
    "--size": "60px", "--colour": "#ffee00", "--background": "#00000080", "--stroke": "0",
  });
  assert.equal(look("color=yellow").styles["--colour"], "yellow");
  assert.equal(look("outline=%23fe0").styles["--outline"], "#fe0");
});

test("what is not understood is passed over", () => {
  for (const query of [
    "", "size=huge&lines=x&position=left&language=%3Cb%3E", "size=-4&colour=expression(1)",
    "colour=url(http://x)&background=;}&outline=12&size=1e9",
  ]) {
    const { lines, position, language, styles } = look(query);
    assert.deepEqual([lines, position, language], [2, "bottom", null], query);
    assert.deepEqual(styles, { "--size": "42px" }, query);
  }
  assert.equal(look("size=9999").styles["--size"], "200px");
  assert.equal(look("size=1&lines=0").styles["--size"], "12px");
  assert.equal(look("lines=0").lines, 1);
});
