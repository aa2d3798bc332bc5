import assert from "node:assert/strict";
import { test } from "node:test";

import { fitted } from "../../../src/vivavoce/studio/embed/prose.js";

const cases = [
  // text, before, after, options, put
  ["Hello there.", "", "", {}, "Hello there."],
  ["hello there", "", "", {}, "Hello there"],
  ["How are you?", "Hello there.", "", {}, " How are you?"],
  ["How are you?", "Hello there. ", "", {}, "How are you?"],
  ["And then", "he came", "", {}, " and then"],
  ["I said", "he came, and", "", {}, " I said"],
  ["I'm here", "he came, and", "", {}, " I'm here"],
  ["NATO met", "then", "", {}, " NATO met"],
  ["Haus", "das", "", { language: "de-AT" }, " Haus"],
  ["Next", "one\n", "", {}, "Next"],
  ["Next", "(", ")", {}, "next"],
  ["Next", "one ", "two", {}, "next "],
  ["Next", "one ", " two", {}, "next"],
  [", too", "one", "", {}, ", too"],
  ["One.\nTwo.", "", "", { single: true }, "One. Two."],
  ["  ", "one", "", {}, ""],
  ["Élan", "un", "", { language: "fr" }, " élan"],
];

for (const [text, before, after, options, put] of cases) {
  test(`${JSON.stringify(text)} behind ${JSON.stringify(before)}`, () => {
    assert.equal(fitted(text, before, after, options), put);
  });
}
