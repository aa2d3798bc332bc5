/**
 * A transcript to read and nothing else. Only what changed is drawn; the open utterance stands
 * where it will settle, so nothing jumps when its final comes.
 */

import { h, setText } from "../common/dom.js";
import { layOut, textOf } from "../transcript/paragraphs.js";
import { SAMPLE_RATE } from "../transcript/transcript.js";
import { clock } from "../common/words.js";

export class ViewerText {
  #body;
  #rows = new Map(); // key -> { element, reads }

  language = null; // in which it is read; null: as it was spoken

  constructor(body) {
    this.#body = body;
  }

  draw(transcript) {
    const { utterances, notes, names, interim, ended } = transcript;
    const open = interim && (interim.stable || interim.tail) ? [{ ...interim, open: true }] : [];
    const rows = layOut([...utterances, ...open], notes, names, ended === null)
      .filter(({ kind, note }) => kind !== "note" || (note.kind === "gap"));
    const keys = new Set(rows.map(({ key }) => key));
    for (const [key, { element }] of this.#rows) {
      if (keys.has(key)) continue;
      element.remove();
      this.#rows.delete(key);
    }
    let next = this.#body.firstElementChild;
    for (const row of rows) {
      const element = this.#drawn(row);
      if (element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(element, next);
    }
  }

  #drawn(row) {
    const known = this.#rows.get(row.key);
    const parts = row.kind === "note" ? [{ text: row.note.text }] : row.pieces.map((p) => this.#part(p));
    const reads = JSON.stringify([row.name, parts]);
    if (known?.reads === reads) return known.element;
    const element = known?.element ?? made(row);
    if (row.kind === "note") setText(element, row.note.text);
    else fill(element, row, parts);
    this.#rows.set(row.key, { element, reads });
    return element;
  }

  /** `{ text, tail?, lang?, other? }`: `other` where it is not in the reader's language yet. */
  #part(piece) {
    if (piece.open) return { text: piece.stable, tail: piece.tail, other: this.language !== null };
    const translated = this.language && piece.utterance.translations?.[this.language];
    if (!translated) return { text: textOf(piece), other: this.language !== null };
    // Of an utterance in several pieces the translation is one, and stands at the first.
    return { text: piece.from === 0 ? translated : "", lang: this.language };
  }
}

function made({ kind, start }) {
  if (kind === "note") return h("p", { class: "note" });
  const seconds = Math.floor(start / SAMPLE_RATE);
  const time = h("time", { datetime: `PT${seconds}S` }, clock(seconds));
  return h("div", { class: "paragraph" }, time, h("p"));
}

function fill(element, { name }, parts) {
  let label = element.querySelector("b");
  if (!name) label?.remove();
  else {
    if (!label) element.querySelector("p").before((label = h("b")));
    setText(label, name);
  }
  const text = element.querySelector("p");
  parts.forEach((part, i) => {
    let span = text.children[i];
    if (!span) text.append((span = h("span", {}, h("span"), h("span", { class: "tail" }))), " ");
    span.classList.toggle("untranslated", Boolean(part.other));
    if (part.lang) span.lang = part.lang;
    else span.removeAttribute("lang");
    setText(span.firstChild, part.text);
    setText(span.lastChild, part.tail ?? "");
  });
  while (text.childElementCount > parts.length) {
    text.lastElementChild.nextSibling?.remove();
    text.lastElementChild.remove();
  }
}
