/** The bar that finds words in the transcript that is shown, and replaces them. */

import { mark, rangeIn } from "../transcript/highlights.js";
import { setText } from "../common/dom.js";
import { textOf } from "../transcript/paragraphs.js";
import { matchesIn, patternOf, replaced, tidied } from "../transcript/search-text.js";

const MARKED = 2000; // matches that are marked; all are counted
const SOON = 100; // ms after the text changed in which it is searched again, once for many changes

export class Find {
  #root;
  #view;
  #matches = []; // { piece, from, to }, places within the piece's own text
  #at = -1;
  #timer = 0;

  onreplace = null; // called with [{ utterance, text }]
  onclose = null;

  constructor(root, view) {
    this.#root = root;
    this.#view = view;
    view.addEventListener("drawn", () => !root.hidden && this.#later());
    root.addEventListener("submit", (event) => event.preventDefault());
    root.addEventListener("input", () => this.#search(true));
    root.addEventListener("keydown", (event) => this.#key(event));
    const on = (name, run) => this.#part(name).addEventListener("click", run);
    on("previous", () => this.step(-1));
    on("next", () => this.step(1));
    on("close", () => this.close());
    on("replace", () => this.#replace());
    on("all", () => this.#replaceAll());
    for (const name of ["case", "whole"]) {
      on(name, () => {
        const button = this.#part(name);
        button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
        this.#search(true);
      });
    }
  }

  get open() { return !this.#root.hidden; }

  /** Show the bar, with what is selected in it. */
  show() {
    const selected = tidied(getSelection().toString());
    this.#root.hidden = false;
    const field = this.#part("sought");
    if (selected && selected.length < 100) field.value = selected;
    field.focus();
    field.select();
    this.#search(true);
  }

  close() {
    if (!this.open) return;
    this.#root.hidden = true;
    this.#matches = [];
    this.#mark();
    this.onclose?.();
  }

  step(by) {
    const { length } = this.#matches;
    if (length === 0) return;
    this.#at = (this.#at + by + length) % length;
    this.#mark();
    this.#reveal();
  }

  #key(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Enter" && event.target === this.#part("sought")) {
      event.preventDefault();
      this.step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Enter" && event.target === this.#part("by")) {
      event.preventDefault();
      this.#replace();
    }
  }

  #later() {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      this.#search(false);
    }, SOON);
  }

  /** @param anew from the first match in sight on; else from the one where it was */
  #search(anew) {
    if (!this.open) return;
    const before = this.#matches[this.#at];
    const pressed = (name) => this.#part(name).getAttribute("aria-pressed") === "true";
    const options = { matchCase: pressed("case"), wholeWord: pressed("whole") };
    const pattern = patternOf(this.#part("sought").value, options);
    this.#matches = [];
    for (const { pieces = [] } of pattern ? this.#view.rows : []) {
      for (const piece of pieces) {
        if (piece.open) continue;
        for (const { from, to } of matchesIn(textOf(piece), pattern)) this.#matches.push({ piece, from, to });
      }
    }
    this.#at = anew ? this.#firstInSight() : this.#nearest(before);
    this.#mark();
    if (anew) this.#reveal();
  }

  #firstInSight() {
    if (this.#matches.length === 0) return -1;
    const { left, top, width } = document.getElementById("scroller").getBoundingClientRect();
    // Not by asking where each match lies: those out of sight would have to be laid out.
    const element = document.elementFromPoint(left + width / 2, top + 24);
    const start = this.#view.rowOf(element?.closest("[data-row]"))?.start ?? 0;
    return Math.max(0, this.#matches.findIndex(({ piece }) => piece.start >= start));
  }

  #nearest(before) {
    if (this.#matches.length === 0) return -1;
    const after = ({ piece, from }) =>
      piece.start > before.piece.start || (piece.key === before.piece.key && from >= before.from);
    const index = before ? this.#matches.findIndex(after) : 0;
    return index < 0 ? 0 : index;
  }

  #mark() {
    const rangeOf = ({ piece, from, to }) => {
      const span = this.#view.spanOf(piece.key);
      return span && rangeIn(span, from, to);
    };
    const current = this.#matches[this.#at];
    mark("found", this.#matches.slice(0, MARKED).map(rangeOf).filter(Boolean));
    mark("found-now", [current && rangeOf(current)].filter(Boolean));
    const { length } = this.#matches;
    const sought = this.#part("sought").value;
    setText(this.#part("count"), !sought ? "" : length ? `${this.#at + 1} of ${length}` : "Not found");
    for (const name of ["previous", "next", "replace", "all"]) this.#part(name).disabled = length === 0;
  }

  #reveal() {
    const current = this.#matches[this.#at];
    const span = current && this.#view.spanOf(current.piece.key);
    span?.scrollIntoView({ block: "center" });
  }

  #replace() {
    const match = this.#matches[this.#at];
    if (!match) return;
    this.onreplace?.(this.#changed([match]));
    // What stands here now is not looked at again: the next match moves up to this number.
  }

  #replaceAll() {
    this.onreplace?.(this.#changed(this.#matches));
  }

  /** The utterances with these matches replaced, each once. */
  #changed(matches) {
    const by = this.#part("by").value;
    const places = new Map();
    for (const { piece, from, to } of matches) {
      const lead = piece.from + leading(piece);
      const known = places.get(piece.utterance) ?? [];
      places.set(piece.utterance, [...known, { from: lead + from, to: lead + to }]);
    }
    return [...places].map(([utterance, list]) => ({
      utterance, text: tidied(replaced(utterance.text, list, by)),
    }));
  }

  #part(name) { return this.#root.querySelector(`[data-${name}]`); }
}

/** Spaces before the text of a piece, which are not shown. */
function leading({ utterance, from, to }) {
  const text = utterance.text.slice(from, to);
  return text.length - text.trimStart().length;
}
