/**
 * A transcript on the page. Only what changed is drawn, at most a frame's worth at a time, so
 * that hours of words open and scroll as fast as minutes; the open utterance stands where it
 * will settle, so nothing jumps when its final comes.
 *
 * Tells: `drawn` (rows are up to date, or more of them).
 */

import { h } from "../common/dom.js";
import { drawTranslation, fillParagraph, fillSpan, newRow, newSpan } from "./paragraph-view.js";
import { layOut, piecesOf } from "./paragraphs.js";
import { colourOf, speakersOf } from "./speakers.js";
import { SAMPLE_RATE } from "./transcript.js";

const AT_END = 64; // px from the end that still count as reading along
const SPOKEN = 3; // finals kept in the live region
const BUDGET = 10; // ms of making elements in one frame
const LONG = 100; // paragraphs from which on those out of sight are not laid out

export class TranscriptView extends EventTarget {
  #scroller;
  #body;
  #spoken;
  #jump;
  #transcript = null;
  #rows = []; // as `layOut` gives them
  #elements = new Map(); // row key -> { element, row }
  #spans = new Map(); // piece key -> { span, piece }
  #finals = new Map(); // utterance key -> utterance that is to be told aloud
  #told = new Set(); // utterance keys that were
  #colours = new Map(); // a speaker's shown name -> the number of its colour
  #frame = 0;
  #seekable = false;
  #language = null;
  #abort = new AbortController();

  onshown = null; // called with the interim that has just been shown
  now = null; // gives the seconds spoken so far, where somebody records
  reading = (utterance) => utterance; // what an utterance reads as, with what is not saved yet
  keep = null; // the element that somebody edits: it is left alone and does not move
  drawing = false;
  follows = false; // whether a reader at the end stays there as words come

  constructor(scroller, body, spoken, jump) {
    super();
    this.#scroller = scroller;
    this.#body = body;
    this.#spoken = spoken;
    this.#jump = jump;
    jump.addEventListener("click", () => this.#toEnd());
    scroller.addEventListener("scroll", () => this.#atEnd && (jump.hidden = true), { passive: true });
  }

  get rows() { return this.#rows; }
  get transcript() { return this.#transcript; }

  /** The utterances as they read now, in order. */
  get utterances() {
    return this.#transcript?.utterances.map(this.reading).filter(({ text }) => text) ?? [];
  }

  /** Show this transcript and follow it; null: none. */
  show(transcript) {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#transcript = transcript;
    this.#clear();
    this.#scroller.scrollTop = 0;
    const on = (type, listener) =>
      transcript?.addEventListener(type, listener, { signal: this.#abort.signal });
    on("utterance", ({ detail }) => this.#finals.set(detail.key, detail));
    for (const type of ["utterance", "interim", "position", "names", "ended"]) on(type, () => this.redraw());
    on("reset", () => { this.#finals.clear(); this.redraw(); });
    if (transcript?.hasText || transcript?.interim) this.redraw();
  }

  /** Draw what changed in the next frame. */
  redraw() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  /** Whether there is audio to play. */
  set seekable(seekable) {
    if (this.#seekable === seekable) return;
    this.#seekable = seekable;
    this.#body.classList.toggle("seekable", seekable);
    for (const stamp of this.#body.querySelectorAll("button.stamp")) stamp.disabled = !seekable;
  }

  get seekable() { return this.#seekable; }

  /** Show the translations into this language; null: none. */
  set language(language) {
    this.#language = language;
    for (const { element, row } of this.#elements.values()) {
      if (row.kind === "paragraph") drawTranslation(element, row, language);
    }
  }

  /** The piece that an element shows, and the element that shows a piece. */
  pieceOf(span) { return this.#spans.get(span?.dataset.key)?.piece ?? null; }
  spanOf(key) { return this.#spans.get(key)?.span ?? null; }
  rowOf(element) { return this.#elements.get(element?.dataset.row)?.row ?? null; }

  /** The element of the piece that holds a character of an utterance. */
  spanAt(utterance, place) {
    const piece = piecesOf(this.reading(utterance)).findLast(({ from }) => from <= place);
    return piece ? this.spanOf(piece.key) : null;
  }

  /** Draw the paragraph of this element anew: it was not this view that changed it. */
  touch(span) {
    const known = this.#elements.get(span.closest("[data-row]")?.dataset.row);
    if (known) known.row = { ...known.row, pieces: [] };
    this.redraw();
  }

  #clear() {
    this.#rows = [];
    for (const map of [this.#elements, this.#spans, this.#finals, this.#told]) map.clear();
    this.#body.replaceChildren();
    this.#spoken.replaceChildren();
    this.#jump.hidden = true;
  }

  #draw() {
    this.#frame = 0;
    if (!this.#transcript) return;
    this.drawing = true;
    const reading = this.#atEnd;
    const top = this.keep?.getBoundingClientRect().top;
    const { interim, ended } = this.#transcript;
    const utterances = this.utterances;
    const open = interim && (interim.stable || interim.tail) ? [{ ...interim, open: true }] : [];
    const { notes = [], names = {} } = this.#transcript;
    this.#colours = new Map(speakersOf(utterances, names).map(({ name, colour }) => [name, colour]));
    this.#rows = layOut([...utterances, ...open], notes, names, ended === null);
    const whole = this.#reconcile();
    this.#announce();
    if (open.length > 0 && whole) this.onshown?.(interim);
    if (this.keep) this.#scroller.scrollTop += this.keep.getBoundingClientRect().top - top;
    else if (reading && this.follows) this.#toEnd();
    else this.#jump.hidden = !this.follows || reading;
    if (!whole) this.redraw();
    this.drawing = false;
    this.dispatchEvent(new Event("drawn"));
  }

  /** Make the rows stand on the page in order; false: there are more than fit in a frame. */
  #reconcile() {
    const began = performance.now();
    const rows = new Set(this.#rows.map(({ key }) => key));
    for (const [key, { element }] of this.#elements) if (!rows.has(key)) this.#removeRow(key, element);
    this.#body.classList.toggle("long", this.#rows.length > LONG);
    let next = this.#body.firstElementChild;
    for (const row of this.#rows) {
      const known = this.#elements.get(row.key);
      const fresh = !known || !alike(known.row, row);
      if (fresh && performance.now() - began > BUDGET) return false;
      const element = known?.element ?? this.#addRow(row);
      if (element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(element, next);
      if (fresh) this.#fill(element, row);
    }
    this.#sweep();
    return true;
  }

  #addRow(row) {
    const element = newRow(row);
    element.dataset.row = row.key;
    const stamp = element.querySelector("button.stamp");
    if (stamp) stamp.disabled = !this.#seekable;
    return element;
  }

  #removeRow(key, element) {
    element.remove();
    this.#elements.delete(key);
  }

  #fill(element, row) {
    this.#elements.set(row.key, { element, row });
    if (row.kind !== "paragraph") return;
    const colour = this.#colours.get(row.name) ?? colourOf(row.speaker ?? "");
    fillParagraph(element, row, colour, (piece) => this.#spanFor(piece));
    drawTranslation(element, row, this.#language);
  }

  #spanFor(piece) {
    const known = this.#spans.get(piece.key);
    const span = known?.span ?? newSpan(piece);
    if (span !== this.keep) fillSpan(span, piece);
    this.#spans.set(piece.key, { span, piece });
    return span;
  }

  /** Forget the pieces that stand in no paragraph any more. */
  #sweep() {
    for (const [key, { span }] of this.#spans) if (!span.isConnected) this.#spans.delete(key);
  }

  /** Only what is being said is told aloud: a long file would talk for as long. */
  #announce() {
    for (const { key, text, end } of this.#finals.values()) {
      if (!this.now || !text || this.#told.has(key)) continue;
      this.#told.add(key);
      const span = this.spanOf(key);
      if (span) span.dataset.delay = Math.round((this.now() - end / SAMPLE_RATE) * 1000);
      this.#spoken.append(h("p", {}, text));
      while (this.#spoken.childElementCount > SPOKEN) this.#spoken.firstElementChild.remove();
    }
    this.#finals.clear();
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

function alike(before, row) {
  return (
    before.name === row.name && before.pieces?.length === row.pieces?.length &&
    (row.pieces?.every((piece, i) => piece === before.pieces[i]) ?? true)
  );
}
