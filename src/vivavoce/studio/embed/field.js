/**
 * A text field of a page, whatever its kind, into which words are put as if they were typed:
 * undo takes them out again, and the page is told with an `input` event.
 */

import { fitted } from "./prose.js";

const TEXTS = ["text", "search", "url", "tel", "email", ""]; // types of `input` that take words
const KEPT = 50; // utterances that may still change

const used = new WeakSet(); // fields that a person, or a page, has put the focus in

addEventListener("focusin", (event) => used.add(event.composedPath()[0]), true);

export function isField(element) {
  if (element instanceof HTMLTextAreaElement) return !element.readOnly && !element.disabled;
  if (element instanceof HTMLInputElement) {
    return TEXTS.includes(element.getAttribute("type") ?? "") && !element.readOnly && !element.disabled;
  }
  return Boolean(element?.isContentEditable);
}

/** The field for this element; null: it takes no words. */
export function fieldOf(element) {
  if (!isField(element)) return null;
  return element.isContentEditable ? new RichField(element) : new PlainField(element);
}

class Field {
  #written = new Map(); // utterance -> what stands for it, where

  constructor(element) {
    this.element = element;
  }

  /** An utterance reads like this: put in at the caret, or changed where it stands. */
  write(key, text, language) {
    const known = this.#written.get(key);
    if (known === undefined && !text) return;
    this.#focused(() => {
      if (known !== undefined && !this.select(known)) return; // somebody has changed it by hand
      const { before, after } = this.around();
      const put = text ? fitted(text, before, after, { language, single: this.single }) : "";
      const place = this.put(put);
      this.#written.delete(key);
      if (put) this.#written.set(key, place);
      if (this.#written.size > KEPT) this.#written.delete(this.#written.keys().next().value);
    });
  }

  /** Begin a new paragraph at the caret; in a field of one line there are none. */
  paragraph() {
    if (!this.single) this.#focused(() => this.breakLine());
  }

  /** Do something at the caret, and leave the focus where it was. */
  #focused(act) {
    const root = this.element.getRootNode();
    const focused = root.activeElement;
    const elsewhere = focused !== this.element;
    if (elsewhere) this.element.focus({ preventScroll: true });
    this.place(elsewhere);
    act();
    this.note();
    if (focused && focused !== this.element && focused !== document.body) focused.focus({ preventScroll: true });
  }
}

/** An `input` or a `textarea`. It keeps its own caret while it has no focus. */
class PlainField extends Field {
  #fresh;

  constructor(element) {
    super(element);
    this.#fresh = !used.has(element) && element.getRootNode().activeElement !== element;
  }

  get single() { return this.element instanceof HTMLInputElement; }

  /** Where it was; in a field that nobody has been in, at its end. */
  place() {
    const { selectionStart, value } = this.element;
    if (this.#fresh && selectionStart !== null) this.element.setSelectionRange(value.length, value.length);
    this.#fresh = false;
  }

  note() {
    // The element remembers it.
  }

  around() {
    const { value } = this.element;
    const [start, end] = this.#selection;
    return { before: value.slice(0, start), after: value.slice(end) };
  }

  /** Put this in the place of what is selected: `{ at, text }`. */
  put(text) {
    const [at] = this.#selection;
    type(text, () => {
      const [start, end] = this.#selection;
      this.element.setRangeText(text, start, end, "end");
      this.element.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
    });
    return { at, text };
  }

  select({ at, text }) {
    const { value } = this.element;
    const found = value.startsWith(text, at) ? at : value.lastIndexOf(text);
    if (found < 0) return false;
    this.element.setSelectionRange(found, found + text.length);
    return true;
  }

  breakLine() {
    this.put("\n\n");
  }

  get #selection() {
    const { selectionStart, selectionEnd, value } = this.element;
    // An e-mail field has no caret to ask for: its end it is.
    return [selectionStart ?? value.length, selectionEnd ?? value.length];
  }
}

/** An element that is edited as rich text. */
class RichField extends Field {
  #caret = null;

  constructor(element) {
    super(element);
    element.addEventListener("blur", () => this.note());
  }

  get single() { return false; }

  /** Where it was: a browser that gives it the focus back puts the caret at the beginning. */
  place(elsewhere) {
    const selection = getSelection();
    if (!elsewhere && this.#inside(selection)) return;
    const caret = this.#caret ?? this.#end();
    selection.removeAllRanges();
    selection.addRange(caret);
  }

  note() {
    const selection = getSelection();
    if (this.#inside(selection)) this.#caret = selection.getRangeAt(0).cloneRange();
  }

  around() {
    const range = getSelection().getRangeAt(0);
    const before = document.createRange();
    before.selectNodeContents(this.element);
    before.setEnd(range.startContainer, range.startOffset);
    const after = document.createRange();
    after.selectNodeContents(this.element);
    after.setStart(range.endContainer, range.endOffset);
    return { before: textOf(before, this.element), after: after.toString().replaceAll("\u00a0", " ") };
  }

  put(text) {
    type(text, () => {
      const range = getSelection().getRangeAt(0);
      range.deleteContents();
      range.insertNode(document.createTextNode(text));
      range.collapse(false);
      this.element.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
    });
    const { focusNode, focusOffset } = getSelection();
    const range = document.createRange();
    range.setStart(focusNode, Math.max(0, focusOffset - text.length));
    range.setEnd(focusNode, focusOffset);
    return { range, text };
  }

  select({ range, text }) {
    const plain = (words) => words.replaceAll("\u00a0", " ");
    if (!this.element.contains(range.startContainer) || plain(range.toString()) !== plain(text)) return false;
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range.cloneRange());
    return true;
  }

  breakLine() {
    document.execCommand("insertParagraph");
  }

  #inside({ rangeCount, focusNode }) {
    return rangeCount > 0 && this.element.contains(focusNode);
  }

  #end() {
    const range = document.createRange();
    range.selectNodeContents(this.element);
    range.collapse(false);
    return range;
  }
}

/** The text before the caret, with a line break where a block begins. */
function textOf(range, element) {
  const text = range.toString().replaceAll("\u00a0", " ");
  let node = range.endContainer;
  while (node !== element && node.nodeType !== Node.ELEMENT_NODE) node = node.parentNode;
  if (node === element) return text;
  const inBlock = document.createRange();
  inBlock.selectNodeContents(node);
  inBlock.setEnd(range.endContainer, range.endOffset);
  const starts = inBlock.toString() === "" && getComputedStyle(node).display !== "inline";
  return starts ? `${text}\n` : text;
}

/** Typed, so that undo knows of it; `otherwise` where the browser does not let a page type. */
function type(text, otherwise) {
  // It is old and the only way there is: what a page changes by itself, undo forgets.
  const typed = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
  if (!typed) otherwise();
}
