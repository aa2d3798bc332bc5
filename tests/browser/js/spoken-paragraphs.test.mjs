import assert from "node:assert/strict";
import { test } from "node:test";

import { layOut } from "../../../src/vivavoce/studio/transcript/paragraphs.js";

test("a paragraph that was spoken begins one, and is no note", () => {
  const said = (key, start) => ({ key, start, end: start + 100, text: key, words: [] });
  const notes = [{ kind: "marker", at: 150, text: "¶" }, { kind: "marker", at: 450, text: "Here" }];
  const rows = layOut([said("a", 0), said("b", 200), said("c", 300), said("d", 500)], notes, {}, false);
  assert.deepEqual(
    rows.map(({ kind, pieces, note }) => (kind === "note" ? note.text : pieces.map(({ key }) => key).join(""))),
    ["a", "bc", "Here", "d"],
  );
});
