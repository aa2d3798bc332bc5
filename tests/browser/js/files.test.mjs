import assert from "node:assert/strict";
import { test } from "node:test";

import { Pace, amount, leftOf, refusal } from "../../../src/vivavoce/studio/recorder/files.js";

const bytes = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const why = (text, size = 100, limit = 1) => refusal({ size, head: bytes(text), limit });

test("what is plainly no audio is not sent", () => {
  assert.match(why("\x89PNG\r\n\x1a\n..."), /a PNG image, not audio/);
  assert.match(why("%PDF-1.7"), /a PDF document/);
  assert.match(why("Dear Sir,\nthank you"), /This is text/);
  assert.match(why("RIFF....WEBPVP8 "), /a WebP image/);
});

test("what may be audio is sent", () => {
  for (const head of ["RIFF....WAVEfmt \x10\0\0\0", "ID3\x04\0", "OggS\0\x02", "\0\0\0\x20ftypM4A ", "#!AMR\n", "\xff\xfb\x90\0", "\0\x01\x02?"]) {
    assert.equal(why(head), null, JSON.stringify(head));
  }
});

test("a file that is empty or too large is refused with its size", () => {
  assert.equal(why("", 0), "The file is empty.");
  assert.equal(why("ID3\x04\0", 3 * 2 ** 20), "The file has 3 MB; this server takes 1 MB at most.");
  assert.equal(why("ID3\x04\0", 2 ** 20), null);
  assert.equal(why("ID3\x04\0", 2 ** 50, null), null, "the limit is not known");
});

test("text whose last character is cut is text", () => {
  assert.match(refusal({ size: 600, head: new TextEncoder().encode("é".repeat(300)).subarray(0, 511), limit: null }), /text/);
});

test("amounts read well", () => {
  assert.deepEqual([12, 1536, 200 * 2 ** 20, 2.5 * 2 ** 30].map(amount), ["12 bytes", "1.5 KB", "200 MB", "2.5 GB"]);
});

test("the time left is what the pace of the last seconds makes it", () => {
  const pace = new Pace();
  assert.equal(pace.left(100), null);
  pace.note(10, 0);
  pace.note(11, 10);
  assert.equal(pace.left(100), null, "too soon to tell");
  pace.note(14, 40);
  assert.equal(pace.left(100), 6);
  for (let second = 15; second < 60; second++) pace.note(second, 40 + (second - 14));
  assert.ok(Math.abs(pace.left(185) - 100) < 1, "what was faster before does not count");
});

test("nothing that stands still has a time left", () => {
  const pace = new Pace();
  pace.note(0, 5);
  pace.note(100, 5);
  assert.equal(pace.left(10), null);
});

test("the time left is no more exact than it is known", () => {
  assert.deepEqual([3, 28, 70, 400, 7000].map(leftOf), [
    "a few seconds left", "about 30 seconds left", "about a minute left", "about 7 minutes left", "about 2 hours left",
  ]);
});
