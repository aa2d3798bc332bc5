import assert from "node:assert/strict";
import { test } from "node:test";

import * as P from "../../../src/vivavoce/studio/common/protocol.js";

const PCM = { format: { encoding: "pcm_s16le", rate: 48000, channels: 1 } };
const FILE = { format: { encoding: "container" } };
const READY = { type: "ready", session: "s1", token: "secret", epoch: 1, next_frame: 0 };

const payload = (size, fill = 0) => new Uint8Array(size).fill(fill);
const numberOf = (message) => Number(new DataView(message.buffer).getBigUint64(0));
const sent = (protocol) =>
  protocol.sendable().map((m) => (typeof m === "string" ? JSON.parse(m).type : numberOf(m)));
const event = (n, epoch, body = { type: "speech" }) => ({ type: "event", n, epoch, event: body });

function opened(start = PCM, frames = 0) {
  const protocol = new P.Protocol(start);
  for (let i = 0; i < frames; i++) protocol.push(payload(10, i));
  protocol.receive(READY);
  return protocol;
}

test("nothing is sent before the server is ready, everything after, once", () => {
  const protocol = new P.Protocol(PCM);
  protocol.push(payload(4, 7));
  assert.deepEqual(protocol.hello(), { ...PCM, type: "start" });
  assert.deepEqual(protocol.sendable(), []);
  protocol.receive(READY);
  const [frame] = protocol.sendable();
  assert.deepEqual([...frame], [0, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7]);
  assert.deepEqual(protocol.sendable(), []);
});

test("frames are kept until they are acknowledged", () => {
  const protocol = opened(PCM, 3);
  sent(protocol);
  assert.equal(protocol.waiting, 30);
  protocol.receive({ type: "ack", frame: 1 });
  assert.deepEqual([protocol.waiting, protocol.acknowledged], [10, 20]);
  protocol.receive({ type: "ack", frame: 0 });
  assert.equal(protocol.acknowledged, 20);
});

test("a new line resumes and sends from the last frame the server holds", () => {
  const protocol = opened(PCM, 5);
  sent(protocol);
  protocol.receive(event(1, 1));
  protocol.receive({ type: "ack", frame: 0 });
  assert.equal(protocol.lost(1006), P.RETRY);
  protocol.push(payload(10));
  assert.deepEqual(protocol.sendable(), []);
  const resume = { type: "resume", session: "s1", token: "secret", epoch: 1, after: 1 };
  assert.deepEqual(protocol.hello(), resume);
  protocol.receive({ ...READY, next_frame: 3 });
  assert.deepEqual(sent(protocol), [2, 3, 4, 5]);
  assert.equal(protocol.waiting, 50, "what is not acknowledged is kept, whatever was held");
});

test("a line that was lost before any audio begins at the first frame", () => {
  const protocol = opened(PCM, 2);
  protocol.lost(1006);
  protocol.receive(READY);
  assert.deepEqual(sent(protocol), [0, 1]);
});

test("a gap is sent again from the frame that was due, however often it is said", () => {
  const protocol = opened(PCM, 4);
  sent(protocol);
  const gap = { type: "error", code: "gap", message: "", retryable: true, expected: 2 };
  assert.equal(protocol.receive(gap), null);
  assert.equal(protocol.receive(gap), null);
  assert.deepEqual(sent(protocol), [2, 3]);
  protocol.receive(gap);
  assert.deepEqual(sent(protocol), []);
});

test("finish goes out behind the last frame, and again on a new line", () => {
  const protocol = opened(PCM, 2);
  protocol.finish();
  assert.deepEqual(sent(protocol), [0, 1, "finish"]);
  protocol.lost(1001);
  protocol.receive({ ...READY, next_frame: 2 });
  assert.deepEqual(sent(protocol), [1, "finish"]);
  assert.deepEqual(sent(protocol), []);
});

test("an event seen before is dropped; one of a newer epoch takes its place", () => {
  const protocol = opened();
  assert.ok(protocol.receive(event(1, 1)));
  assert.ok(protocol.receive(event(2, 1)));
  assert.equal(protocol.receive(event(2, 1)), null);
  assert.ok(protocol.receive(event(2, 2)));
  assert.equal(protocol.after, 2);
  assert.ok(protocol.receive(event(3, 2)));
});

test("no more than the window is on its way", () => {
  const protocol = new P.Protocol(FILE);
  for (let i = 0; i < 20; i++) protocol.push(payload(1024 * 1024));
  protocol.receive(READY);
  assert.ok(protocol.full);
  assert.deepEqual(sent(protocol), [0, 1, 2, 3]);
  protocol.receive({ type: "ack", frame: 1 });
  assert.deepEqual(sent(protocol), [4, 5]);
  protocol.receive({ type: "ack", frame: 18 });
  assert.ok(!protocol.full);
});

test("raw audio outlives its session: what is kept goes into a new one", () => {
  const protocol = opened(PCM, 3);
  sent(protocol);
  protocol.receive({ type: "ack", frame: 0 });
  assert.equal(protocol.lost(4410), P.RESTART);
  protocol.restart();
  assert.equal(protocol.hello().type, "start");
  protocol.receive({ ...READY, session: "s2" });
  assert.deepEqual(protocol.sendable().map((m) => [numberOf(m), m[8]]), [[0, 1], [1, 2]]);
  assert.ok(protocol.receive(event(1, 1)), "events are counted anew");
});

test("a file cannot go on in the middle of a new session", () => {
  const protocol = opened(FILE, 3);
  assert.equal(protocol.lost(4410), P.FAILED);
});

test("a session that ended while the line was down is read from its log", () => {
  const protocol = opened(PCM, 1);
  protocol.finish();
  sent(protocol);
  protocol.receive({ type: "ack", frame: 0 });
  assert.equal(protocol.lost(4410), P.CATCH_UP);
});

test("the end is the end, whatever the close code says", () => {
  const protocol = opened();
  protocol.receive(event(1, 1, { type: "ended", reason: "finished", duration: 0 }));
  assert.equal(protocol.lost(1006), P.DONE);
  assert.equal(protocol.ended, "finished");
});

for (const [code, verdict] of [
  [1000, P.RETRY], [1001, P.RETRY], [1006, P.RETRY], [1011, P.RETRY], [1013, P.RETRY],
  [4409, P.RETRY], [1008, P.FAILED], [1009, P.FAILED], [4401, P.SIGN_IN], [4403, P.FAILED],
]) {
  test(`close code ${code}: ${verdict}`, () => assert.equal(opened().lost(code), verdict));
}

test("refusals in a row end the patience, progress restores it", () => {
  const protocol = opened(PCM, 1);
  const verdicts = () => Array.from({ length: 8 }, () => protocol.lost(1011));
  protocol.lost(1011);
  protocol.receive({ type: "ack", frame: 0 });
  const all = verdicts();
  assert.deepEqual([all.slice(0, 7).every((v) => v === P.RETRY), all[7]], [true, P.FAILED]);
});

test("a server that lost what it acknowledged is left for a new session", () => {
  const protocol = opened(PCM, 3);
  sent(protocol);
  protocol.receive({ type: "ack", frame: 2 });
  protocol.lost(1006);
  assert.deepEqual(protocol.receive({ ...READY, next_frame: 1 }), { type: "lost" });
  assert.equal(protocol.lost(1006), P.RESTART);
});

const messages = (protocol) =>
  protocol.sendable().map((m) => (typeof m === "string" ? JSON.parse(m).label : numberOf(m)));
const mark = (label) => ({ type: "mark", label });

test("a mark keeps its place among the frames, and goes out once", () => {
  const protocol = opened(PCM, 2);
  protocol.control(mark("here"));
  protocol.push(payload(10));
  assert.deepEqual(messages(protocol), [0, 1, "here", 2]);
  assert.deepEqual(messages(protocol), []);
});

test("a mark comes again on a new line with the frame behind it, and only then", () => {
  const protocol = opened(PCM, 2);
  protocol.control(mark("taken"));
  protocol.push(payload(10));
  protocol.control(mark("lost"));
  protocol.push(payload(10));
  messages(protocol);
  protocol.lost(1006);
  protocol.receive({ ...READY, next_frame: 3 });
  assert.deepEqual(messages(protocol), [2, "lost", 3]);
});

test("a mark before a pause is known by its event, as no frame comes after it", () => {
  const protocol = opened(PCM, 1);
  protocol.control(mark("told"));
  protocol.control(mark("not told"));
  messages(protocol);
  protocol.receive({ type: "ack", frame: 0 });
  protocol.receive(event(1, 1, { type: "marker", at: 0, label: "told" }));
  protocol.lost(1006);
  protocol.receive({ ...READY, next_frame: 1 });
  assert.deepEqual(messages(protocol), ["not told"]);
});

test("a mark goes with the frames that go into a new session", () => {
  const protocol = opened(PCM, 3);
  sent(protocol);
  protocol.receive({ type: "ack", frame: 1 });
  protocol.control(mark("kept"));
  protocol.lost(4410);
  protocol.restart();
  protocol.receive({ ...READY, session: "s2" });
  assert.deepEqual(messages(protocol), [0, "kept"]);
});

test("a line without audio is shown to be there by a frame that the server has", () => {
  const protocol = opened(PCM, 2);
  assert.equal(protocol.keepAlive(), null, "audio waits: that is sign enough");
  sent(protocol);
  protocol.receive({ type: "ack", frame: 1 });
  const again = protocol.keepAlive();
  assert.deepEqual([numberOf(again), again.at(-1)], [1, 1]);
  assert.deepEqual([protocol.acknowledged, protocol.waiting], [20, 0]);
  protocol.receive({ type: "ack", frame: 1 });
  assert.equal(protocol.acknowledged, 20, "it counts once");
  protocol.lost(1006);
  assert.equal(protocol.keepAlive(), null);
});

test("a server that lacks what another one acknowledged is sent what is kept of it", () => {
  const shared = { ...READY, limits: { keep: 20 } };
  const protocol = new P.Protocol(PCM);
  for (let i = 0; i < 4; i++) protocol.push(payload(10, i));
  protocol.receive(shared);
  protocol.control({ type: "mark", label: "late" });
  sent(protocol);
  protocol.push(payload(10, 4));
  sent(protocol);
  protocol.receive({ type: "ack", frame: 4 });
  assert.deepEqual([protocol.waiting, protocol.acknowledged], [0, 50]);
  protocol.lost(1006);
  protocol.receive({ ...shared, next_frame: 1 });
  assert.deepEqual(sent(protocol), [3, "mark", 4], "two of them are kept, and the mark between");
  assert.deepEqual([protocol.waiting, protocol.acknowledged], [20, 30]);
  protocol.receive({ type: "ack", frame: 4 });
  assert.equal(protocol.acknowledged, 50);
  protocol.lost(1006);
  protocol.receive({ ...shared, next_frame: 5 });
  assert.deepEqual(sent(protocol), [], "the next one has it all");
});
