/**
 * Correcting a transcript where it stands: a piece of text takes the caret, and what was written
 * is saved after a pause, with Enter, or when the caret goes elsewhere. Escape takes it back.
 */

import { placeAt, select, selectionIn, writable } from "./caret.js";
import { textOf } from "../transcript/paragraphs.js";
import { tidied } from "../transcript/search-text.js";
import { SAMPLE_RATE } from "../transcript/transcript.js";
import { clock } from "../common/words.js";

const PIECE = ".utterance:not(.open)";
const REST = 1200; // ms without a key after which what was written is saved

export class Editor {
  #view;
  #body;
  #save;
  #span = null;
  #began = null; // { utterance, base, from, to, text }: the piece as it was when the caret came
  #caret = null;
  #timer = 0;
  #tapped = null; // the element that a finger touched last
  #pressed = false; // the pointer is down: the caret leaves, but may come back at once

  enabled = () => true; // whether an utterance can be changed
  base = ({ revision }) => revision; // the revision that a change stands on
  onclick = null; // called with (piece, place) when a place in the text is clicked
  onbegin = null;
  onend = null; // called when the caret has left
  onleave = null; // called when Enter or Escape took it away: the focus needs a place
  ontype = null; // called when somebody writes
  onundo = null; // called with "undo" or "redo"

  /** @param save called with (utterance, text, base) */
  constructor(view, body, save) {
    this.#view = view;
    this.#body = body;
    this.#save = save;
    body.addEventListener("pointerdown", (event) => this.#pointerDown(event));
    body.addEventListener("click", (event) => this.#click(event));
    body.addEventListener("keydown", (event) => this.#span && this.#key(event));
    body.addEventListener("beforeinput", (event) => this.#beforeInput(event));
    body.addEventListener("input", () => this.#input());
    body.addEventListener("paste", (event) => this.#paste(event));
    body.addEventListener("focusout", ({ target }) => target === this.#span && this.#blur());
    document.addEventListener("selectionchange", () => this.#span && this.#remember());
    view.addEventListener("drawn", () => this.#restore());
  }

  get span() { return this.#span; }
  get piece() { return this.#view.pieceOf(this.#span); }
  get dirty() { return this.#span !== null && this.#written() !== this.#began.text; }

  /** Put the caret into a piece's element, at these characters. */
  begin(span, from = 0, to = from) {
    const piece = this.#view.pieceOf(span);
    if (!piece || piece.open || !this.enabled(piece.utterance)) return false;
    if (span !== this.#span) {
      this.leave();
      this.#take(span, piece);
    }
    span.focus({ preventScroll: true });
    select(span, from, to);
    span.scrollIntoView({ block: "nearest" });
    return true;
  }

  #take(span, piece) {
    this.#span = this.#view.keep = span;
    this.#note(piece);
    writable(span, `What was said at ${clock(piece.start / SAMPLE_RATE)}`);
    span.classList.add("edited");
    this.onbegin?.(piece);
  }

  #note(piece) {
    const { utterance, from, to } = piece;
    this.#began = { utterance, base: this.base(utterance), from, to, text: textOf(piece) };
  }

  /** Save what was written; the caret stays. */
  commit() {
    clearTimeout(this.#timer);
    if (!this.dirty) return;
    const { utterance, base, from, to } = this.#began;
    const written = this.#written();
    const text = tidied(`${utterance.text.slice(0, from)} ${written} ${utterance.text.slice(to)}`);
    const lead = tidied(utterance.text.slice(0, from));
    const start = lead ? lead.length + 1 : 0;
    this.#began = {
      utterance: { ...utterance, text }, base: base + 1, from: start, to: start + written.length, text: written,
    };
    this.#save(utterance, text, base);
  }

  /** Save, and take the caret away. */
  leave() {
    const span = this.#span;
    if (!span) return;
    this.commit();
    this.#span = this.#view.keep = null;
    writable(span, null);
    span.classList.remove("edited");
    if (document.activeElement === span) span.blur();
    this.#view.touch(span);
    this.onend?.();
  }

  /** Take back what was not saved, and the caret away. */
  revert() {
    clearTimeout(this.#timer);
    if (this.#span) this.#span.textContent = this.#began.text;
    this.leave();
  }

  /** The utterance under the caret reads otherwise now, by undoing or a choice: show that. */
  refresh() {
    const [span, piece] = [this.#span, this.piece];
    if (!span) return;
    if (!piece || !span.isConnected) return void this.leave();
    span.textContent = textOf(piece);
    this.#note(piece);
    select(span, span.textContent.length);
  }

  #written() { return tidied(this.#span.textContent); }

  // The pointer. A press lets go of the text, so that a selection may go on into the next one.

  #pointerDown({ button, pointerType, target }) {
    if (button !== 0 || (pointerType === "touch" && this.#span?.contains(target))) return;
    this.#pressed = true;
    this.leave();
    addEventListener("pointerup", () => setTimeout(() => (this.#pressed = false)), { once: true });
  }

  #click(event) {
    if (event.button !== 0 || event.target.closest("button, a, input, select")) return;
    const found = placeAt(event.clientX, event.clientY, PIECE);
    if (!found || !this.#body.contains(found.element)) return;
    const { element: span, place } = found;
    const selected = selectionIn(span);
    if (!getSelection().isCollapsed && !selected) return; // it goes over several
    const piece = this.#view.pieceOf(span);
    const first = event.pointerType === "touch" && this.#view.seekable && this.#tapped !== span;
    this.#tapped = span; // a finger hears at its first tap, and writes at its second
    if (!first) this.begin(span, selected?.from ?? place, selected?.to ?? place);
    if (!selected || selected.from === selected.to) this.onclick?.(piece, piece.from + place);
  }

  // The keyboard, while the caret is in a text.

  #key(event) {
    if (event.isComposing) return;
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Enter") this.leave();
      else this.revert();
      this.onleave?.();
    } else if (command && (key === "z" || key === "y")) {
      event.preventDefault();
      this.onundo?.(key === "y" || event.shiftKey ? "redo" : "undo");
    } else if (!command && !event.shiftKey && !event.altKey) this.#cross(event);
  }

  /** The arrow keys go on into the next text, as if all were one. */
  #cross(event) {
    const at = selectionIn(this.#span);
    const length = this.#span.textContent.length;
    const on = ["ArrowRight", "ArrowDown"].includes(event.key) && at?.to === length;
    const back = ["ArrowLeft", "ArrowUp"].includes(event.key) && at?.from === 0;
    if (!at || at.from !== at.to || !(on || back)) return;
    const all = [...this.#body.querySelectorAll(PIECE)];
    const next = all[all.indexOf(this.#span) + (on ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    this.begin(next, on ? 0 : next.textContent.length);
  }

  #beforeInput(event) {
    if (event.inputType === "historyUndo" || event.inputType === "historyRedo") {
      event.preventDefault(); // from a menu: ours go across utterances
      this.onundo?.(event.inputType === "historyUndo" ? "undo" : "redo");
    } else if (event.inputType.startsWith("format") || event.inputType.startsWith("insertParagraph")) {
      event.preventDefault();
    }
  }

  #paste(event) {
    if (!this.#span) return;
    event.preventDefault();
    const text = (event.clipboardData.getData("text/plain") ?? "").replace(/\s+/gu, " ");
    document.execCommand("insertText", false, text); // the one way that leaves the caret right
  }

  #input() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.commit(), REST);
    this.ontype?.();
  }

  #remember() {
    this.#caret = selectionIn(this.#span) ?? this.#caret;
  }

  #blur() {
    if (!this.#view.drawing && !this.#pressed) this.leave();
  }

  /** A paragraph that was cut in two may have taken the element, and the focus, with it. */
  #restore() {
    const span = this.#span;
    if (!span || document.activeElement === span) return;
    if (!span.isConnected) return void this.leave();
    span.focus({ preventScroll: true });
    if (this.#caret) select(span, this.#caret.from, this.#caret.to);
  }
}
