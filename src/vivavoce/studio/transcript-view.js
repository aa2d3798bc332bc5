/**
 * A transcript on the page. Utterances settle into paragraphs; the open one stands where it
 * will settle, so nothing jumps when its final comes.
 */

import { h, setText } from "./dom.js";
import { SAMPLE_RATE } from "./transcript.js";
import { clock } from "./words.js";

const PAUSE = 2 * SAMPLE_RATE; // silence that begins a paragraph
const LONG = 480; // characters after which the next utterance begins a paragraph
const AT_END = 64; // px from the end that still count as reading along
const SPOKEN = 3; // finals kept in the live region

export class TranscriptView {
  #scroller;
  #body;
  #spoken;
  #jump;
  #transcript = null;
  #spans = new Map(); // utterance key -> its span
  #pending = new Map(); // utterance key -> utterance, to be shown in the next frame
  #frame = 0;
  #seekable = false;
  #abort = new AbortController();

  onseek = null; // called with seconds when a time stamp is pressed
  onshown = null; // called with the interim that has just been shown
  now = null; // gives the seconds spoken so far, where somebody records

  constructor(scroller, body, spoken, jump) {
    this.#scroller = scroller;
    this.#body = body;
    this.#spoken = spoken;
    this.#jump = jump;
    jump.addEventListener("click", () => this.#toEnd());
    scroller.addEventListener("scroll", () => this.#atEnd && (jump.hidden = true));
  }

  /** Show this transcript and follow it; null: none. */
  show(transcript) {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#transcript = transcript;
    this.#reset();
    this.#scroller.scrollTop = 0;
    const on = (type, listener) =>
      transcript?.addEventListener(type, listener, { signal: this.#abort.signal });
    on("utterance", ({ detail }) => this.#later(detail));
    on("interim", () => this.#later(null));
    on("ended", () => this.#later(null));
    on("reset", () => this.#reset());
    if (transcript?.interim) this.#later(null);
  }

  /** Whether there is audio to play from the time stamps. */
  set seekable(seekable) {
    this.#seekable = seekable;
    for (const stamp of this.#body.querySelectorAll(".stamp")) stamp.disabled = !seekable;
  }

  /** Mark what is being played, `seconds` after the start. */
  highlight(seconds) {
    const at = seconds * SAMPLE_RATE;
    for (const span of this.#spans.values()) {
      const inside = at >= Number(span.dataset.start) && at < Number(span.dataset.end);
      span.classList.toggle("playing", inside);
    }
  }

  #reset() {
    this.#pending.clear();
    this.#spans.clear();
    this.#body.replaceChildren();
    this.#spoken.replaceChildren();
    this.#jump.hidden = true;
    for (const utterance of this.#transcript?.utterances ?? []) this.#settle(utterance, false);
  }

  #later(utterance) {
    if (utterance) this.#pending.set(utterance.key, utterance);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (!this.#transcript) return;
    const reading = this.#atEnd;
    for (const utterance of this.#pending.values()) this.#settle(utterance, true);
    this.#pending.clear();
    this.#drawInterim(this.#transcript.interim);
    if (reading) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    else this.#jump.hidden = this.#transcript.ended !== null;
  }

  #settle(utterance, aloud) {
    const span = this.#spanFor(utterance);
    span.classList.remove("open");
    span.replaceChildren(utterance.text);
    span.dataset.end = utterance.end;
    if (!utterance.text) this.#remove(span);
    else if (aloud) this.#announce(utterance, span);
  }

  /** Only what is being said is told aloud: a long file would talk for as long. */
  #announce({ text, end }, span) {
    if (!this.now) return;
    span.dataset.delay = Math.round((this.now() - end / SAMPLE_RATE) * 1000);
    this.#spoken.append(h("p", {}, text));
    while (this.#spoken.childElementCount > SPOKEN) this.#spoken.firstElementChild.remove();
  }

  #drawInterim(interim) {
    for (const span of this.#body.querySelectorAll(".open")) {
      if (span.dataset.key !== interim?.key) this.#remove(span);
    }
    if (!interim || !(interim.stable || interim.tail)) return;
    const span = this.#spanFor(interim);
    if (!span.classList.contains("open")) {
      span.classList.add("open");
      span.replaceChildren(h("span", { class: "stable" }), h("span", { class: "tail" }));
    }
    setText(span.firstChild, interim.stable);
    setText(span.lastChild, interim.tail);
    this.onshown?.(interim);
  }

  #spanFor(utterance) {
    const known = this.#spans.get(utterance.key);
    if (known) return known;
    const { key, start, end } = utterance;
    const span = h("span", { class: "utterance", "data-key": key, "data-start": start, "data-end": end });
    this.#paragraphFor(start).append(span, " ");
    this.#spans.set(key, span);
    return span;
  }

  #paragraphFor(start) {
    const last = this.#body.lastElementChild?.querySelector("p");
    const before = last?.lastElementChild;
    const close = before && start - Number(before.dataset.end) < PAUSE;
    return close && last.textContent.length < LONG ? last : this.#newParagraph(start);
  }

  #newParagraph(start) {
    const seconds = start / SAMPLE_RATE;
    const stamp = h(
      "button",
      { class: "stamp", type: "button", "aria-label": `Play from ${clock(seconds)}` },
      clock(seconds),
    );
    stamp.disabled = !this.#seekable;
    stamp.addEventListener("click", () => this.onseek?.(seconds));
    const text = h("p");
    this.#body.append(h("div", { class: "paragraph" }, stamp, text));
    return text;
  }

  #remove(span) {
    const text = span.parentElement;
    span.nextSibling?.remove(); // the space behind it
    span.remove();
    this.#spans.delete(span.dataset.key);
    if (text?.childElementCount === 0) text.parentElement.remove();
  }

  get #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < AT_END;
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#jump.hidden = true;
  }
}
