import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, engineOf, lineTrouble, span, stateOf, titleAt } from "../../../src/vivavoce/studio/common/words.js";

test("times read like clocks", () => {
  assert.deepEqual([0, 9.99, 75.4, 3675].map(clock), ["0:00", "0:09", "1:15", "1:01:15"]);
  assert.deepEqual([12.34, 95].map(span), ["12.3 s", "1:35"]);
});

test("a broken line says what is kept", () => {
  assert.equal(lineTrouble(null, 12), "Reconnecting… Your audio is kept: 12.0 s waiting.");
  assert.equal(lineTrouble({ code: "full" }, 0), "The server is full. Still trying…");
});

test("a finished recording needs no word for its state", () => {
  assert.equal(stateOf({ state: "done" }), null);
  assert.equal(stateOf({ state: "failed", reason: "bad_audio" }), "This is not audio that can be read");
});

test("a title says when it was", () => {
  assert.equal(titleAt(new Date(2026, 10, 20, 4, 59)), "Friday night, 20 Nov");
  assert.equal(titleAt(new Date(2026, 10, 20, 5, 0)), "Friday morning, 20 Nov");
  assert.equal(titleAt(new Date(2026, 10, 20, 23, 0)), "Friday night, 20 Nov");
});

test("an engine is not named twice", () => {
  assert.equal(engineOf({ name: "moonshine", model: "moonshine-tiny-en" }), "moonshine-tiny-en");
  assert.equal(engineOf({ name: "whisper", model: "base" }), "whisper base");
  assert.equal(engineOf({ name: "vosk", model: "" }), "vosk");
});
