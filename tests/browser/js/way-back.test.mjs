/** After signing in: back to where somebody was, and never to another site. */

import assert from "node:assert/strict";
import test from "node:test";

import { wayBack } from "../../../src/vivavoce/studio/common/way-back.js";

const HOME = new URL("https://voice.example/speech/");
const back = (to, hash = "") => wayBack(new URL(`sign-in?to=${encodeURIComponent(to)}${hash}`, HOME), HOME).href;

test("to a page, with its query and its place", () => {
  assert.equal(back("connect"), "https://voice.example/speech/connect");
  assert.equal(back("list-audio?cursor=a%2Fb"), "https://voice.example/speech/list-audio?cursor=a%2Fb");
  assert.equal(back("", "#/r/abc@12"), "https://voice.example/speech/#/r/abc@12");
});

test("home where nothing is said", () => {
  assert.equal(wayBack(new URL("sign-in", HOME), HOME).href, HOME.href);
});

for (const to of [
  "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "http://voice.example/speech/",
  "javascript:alert(1)", "data:text/html,x", "ftp:evil.example", "/other", "../other", "https://[", "\t//evil.example",
]) {
  test(`not to ${JSON.stringify(to)}`, () => assert.equal(back(to), HOME.href));
}
