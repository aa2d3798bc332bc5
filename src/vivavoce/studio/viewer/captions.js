/** The captions over a video: a transparent page for OBS and its like. */

import { lookOf } from "./captions-look.js";
import { h, setText } from "../common/dom.js";
import { RollUp } from "./roll-up.js";
import { Shared, tokenIn } from "./share.js";
import { Transcript } from "../transcript/transcript.js";

const HOLD = 10_000; // ms that the last words stay when nobody speaks
const LATELY = 6; // utterances that may still be seen

const look = lookOf(new URLSearchParams(location.search), (value) => CSS.supports("color", value));
const captions = document.getElementById("captions");
const pen = document.createElement("canvas").getContext("2d");
const rolling = new RollUp((text) => pen.measureText(text).width <= captions.clientWidth);
const transcript = new Transcript();

let frame = 0;
let away = 0;
let gone = new Set(); // keys of utterances that have left the screen

function dress() {
  captions.classList.add(look.position);
  for (const [name, value] of Object.entries(look.styles)) captions.style.setProperty(name, value);
  const { fontWeight, fontSize, fontFamily } = getComputedStyle(captions);
  pen.font = `${fontWeight} ${fontSize} ${fontFamily}`;
  captions.append(...Array.from({ length: look.lines }, () => h("p", {}, h("span"))));
}

function draw() {
  frame = 0;
  for (const utterance of transcript.utterances.slice(-LATELY)) {
    if (!gone.has(utterance.key)) rolling.say(utterance.key, wordsOf(utterance));
  }
  const open = transcript.interim;
  if (open && !look.language) rolling.say(open.key, open.stable + open.tail);
  const lines = rolling.lines(look.lines);
  const spans = captions.querySelectorAll("span");
  let changed = false;
  // A line keeps its place until one more is needed, from the first line down.
  spans.forEach((span, i) => {
    const text = lines[i]?.text ?? "";
    changed ||= span.textContent !== text;
    setText(span, text);
    span.hidden = !text;
  });
  if (changed) show();
}

function wordsOf({ text, translations }) {
  return look.language ? (translations?.[look.language] ?? "") : text;
}

function show() {
  captions.classList.remove("away");
  clearTimeout(away);
  away = setTimeout(() => {
    captions.classList.add("away");
    gone = new Set(transcript.utterances.slice(-2 * LATELY).map(({ key }) => key));
    rolling.clear();
  }, HOLD);
}

function later() {
  frame ||= requestAnimationFrame(draw);
}

/** An utterance that was corrected away, or struck out, is taken off the screen. */
transcript.addEventListener("utterance", ({ detail }) => {
  if (!gone.has(detail.key) && !detail.text) rolling.say(detail.key, "");
  later();
});
for (const type of ["interim", "ended"]) transcript.addEventListener(type, later);
transcript.addEventListener("reset", () => { rolling.clear(); later(); });

dress();
await new Shared(tokenIn(location.href), document.baseURI).follow(transcript);
captions.replaceChildren(); // the link does not hold any more
