import assert from "node:assert/strict";
import { test } from "node:test";

import { lineOf, lostOf, stateOf, switchOf, troubleOf } from "../../../src/vivavoce/studio/recorder/status.js";
import { Tally } from "../../../src/vivavoce/studio/recorder/tally.js";

const LINE = { captured: 10, acknowledged: 9, waiting: 1 };
const recording = (rest = {}) => ({ session: { state: "live", error: null }, waiting: 0, tally: new Tally(), ...rest });
const told = (...events) => {
  const tally = new Tally();
  for (const event of events) tally.event(event);
  return tally;
};

test("nothing is lost while every sample is on the server or in the page", () => {
  assert.equal(new Tally().lostSamples(LINE), 0);
  assert.equal(new Tally().lostSamples({ captured: 1.1, acknowledged: 0.7, waiting: 0.4 }), 0);
});

test("what is nowhere, cannot be read or was forgotten is counted as lost", () => {
  assert.equal(new Tally().lostSamples({ ...LINE, waiting: 0.5 }), 8000);
  assert.equal(told({ type: "gap", start: 100, end: 300, reason: "noise" }).lostSamples(LINE), 200);
  const tally = new Tally();
  tally.forget(2);
  assert.equal(tally.lostSamples(LINE), 32000);
  assert.equal(lostOf(32000), "32,000 samples");
});

test("words that come late are said until they come in time", () => {
  const lagging = told({ type: "lagging", behind: 96000 });
  assert.match(troubleOf(recording({ tally: lagging })), /Words come late: 6\.0 s/);
  assert.equal(troubleOf(recording({ tally: lagging, paused: true })), null);
  lagging.event({ type: "lagging", behind: 0 });
  assert.equal(troubleOf(recording({ tally: lagging })), null);
});

test("a warning is said until words come again", () => {
  const tally = told({ type: "warning", code: "engine", message: "No engine can read this" });
  assert.equal(troubleOf(recording({ tally })), "No engine can read this. What you say is kept, and becomes words later.");
  tally.event({ type: "final" });
  assert.equal(troubleOf(recording({ tally })), null);
});

test("a broken line is graver than late words", () => {
  const tally = told({ type: "lagging", behind: 96000 });
  const session = { state: "reconnecting", error: { code: "disk" } };
  assert.match(troubleOf(recording({ session, tally, waiting: 3 })), /The server's disk is full.*3\.0 s waiting/);
});

test("who is signed out is told so, and that nothing is lost", () => {
  const session = { state: "signed out", error: null };
  assert.match(troubleOf(recording({ session, waiting: 12 })), /signed out.*kept here: 12\.0 s waiting/);
  assert.match(stateOf(recording({ session, waiting: 12 }), "recording"), /signed out.*kept here\. Sign in/);
  assert.equal(lineOf(session, { online: true, paused: false }), "Signed out");
});

test("states are told without numbers, so that they are told once", () => {
  const session = { state: "reconnecting", error: null };
  assert.equal(stateOf(recording({ session, waiting: 3 }), "recording"), "Reconnecting…");
  assert.equal(stateOf(recording({ waiting: 9 }), "recording"), stateOf(recording({ waiting: 19 }), "recording"));
  assert.equal(stateOf(recording(), "paused"), "Paused. Nothing is heard or sent.");
  assert.equal(stateOf(null, "idle"), "");
});

test("the line has a word for what it does", () => {
  const on = { online: true, paused: false };
  assert.deepEqual([lineOf(null, on), lineOf(null, { online: false })], ["Ready", "Server away"]);
  assert.equal(lineOf({ state: "live", overHttp: true }, on), "Live (HTTP)");
  assert.equal(lineOf({ state: "live" }, { online: true, paused: true }), "Paused");
  assert.equal(lineOf({ state: "reconnecting" }, { online: true, paused: true }), "Reconnecting");
});

test("another engine is said with the reason", () => {
  const event = { previous: "a", engine: "b", reason: "It fell silent" };
  assert.equal(switchOf(event), "b reads on in the place of a. It fell silent. No word is lost.");
});
