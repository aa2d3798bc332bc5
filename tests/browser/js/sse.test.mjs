import assert from "node:assert/strict";
import { test } from "node:test";

import { EventParser } from "../../../src/vivavoce/studio/common/sse.js";

const STREAM = 'id: 1\r\nevent: started\r\ndata: {"n":1}\r\n\r\n: still here\n\nevent: interim\ndata: {"a"\ndata: :1}\n\n';

test("any split of the stream gives the same events", () => {
  const whole = new EventParser().feed(STREAM);
  assert.deepEqual(whole, [
    { id: "1", event: "started", data: '{"n":1}' },
    { id: null, event: "interim", data: '{"a"\n:1}' },
  ]);
  for (let at = 0; at <= STREAM.length; at++) {
    const parser = new EventParser();
    const split = [...parser.feed(STREAM.slice(0, at)), ...parser.feed(STREAM.slice(at))];
    assert.deepEqual(split, whole, `split at ${at}`);
  }
});
