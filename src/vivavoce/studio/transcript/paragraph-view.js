/** One row of a transcript as elements: a paragraph with its pieces, or a note between two. */

import { h, icon, setText } from "../common/dom.js";
import { textOf } from "./paragraphs.js";
import { colourOf } from "./speakers.js";
import { SAMPLE_RATE } from "./transcript.js";
import { clock } from "../common/words.js";

const LINE = 62; // characters in a line of the widest column, about
const NOTES = { marker: "flag", gap: "gap", switched: "switch" };

/** A row that nothing stands in yet. */
export function newRow(row) {
  return row.kind === "note" ? noteRow(row.note) : paragraphRow(row);
}

function paragraphRow({ start }) {
  const time = clock(start / SAMPLE_RATE);
  const stamp = h("button", { class: "stamp", type: "button", "aria-label": `Play from ${time}` }, time);
  return h("div", { class: "paragraph" }, stamp, h("div", { class: "said" }, h("p")));
}

function noteRow({ kind, at, text }) {
  const time = h("span", { class: "stamp" }, clock(at / SAMPLE_RATE));
  return h("div", { class: `note ${kind}` }, time, h("p", {}, icon(NOTES[kind]), text));
}

/** Bring a paragraph up to date. `spanOf(piece)` gives the element of a piece, filled. */
export function fillParagraph(element, row, colour, spanOf) {
  const text = element.querySelector("p");
  const spans = row.pieces.map(spanOf);
  for (const span of [...text.children]) if (!spans.includes(span)) span.remove();
  let next = text.firstElementChild;
  let characters = 0;
  for (const span of spans) {
    characters += span.textContent.length + 1;
    if (span !== next) text.insertBefore(span, next);
    if (span.nextSibling?.nodeType !== Node.TEXT_NODE) span.after(" ");
    next = span.nextElementSibling;
  }
  element.style.setProperty("--lines", Math.ceil(characters / LINE));
  drawSpeaker(element, row, colour);
}

function drawSpeaker(element, { speaker, name }, colour) {
  const said = element.querySelector(".said");
  let button = said.querySelector(".speaker");
  if (!speaker) return button?.remove();
  if (!button) {
    button = h("button", { class: "speaker", type: "button", "aria-haspopup": "menu", "aria-expanded": "false" });
    said.prepend(button);
  }
  button.dataset.speaker = speaker;
  button.dataset.colour = colour ?? colourOf(speaker);
  return setText(button, name);
}

/** The element of a piece. */
export function newSpan({ key }) {
  return h("span", { class: "utterance", "data-key": key });
}

/** Give a piece's element its text. */
export function fillSpan(span, piece) {
  span.classList.toggle("open", Boolean(piece.open));
  span.dataset.start = piece.start;
  span.dataset.end = piece.end;
  if (piece.open) return fillOpen(span, piece);
  const text = textOf(piece);
  if (span.childElementCount > 0 || span.textContent !== text) span.textContent = text;
  return undefined;
}

function fillOpen(span, { stable, tail }) {
  if (span.childElementCount !== 2) {
    span.replaceChildren(h("span", { class: "stable" }), h("span", { class: "tail" }));
  }
  setText(span.firstChild, stable);
  setText(span.lastChild, tail);
}

/** The paragraph's text in another language; null: none. */
export function drawTranslation(element, { pieces }, language) {
  const said = element.querySelector(".said");
  const texts = language ? pieces.map(({ utterance }) => utterance?.translations?.[language]) : [];
  const text = [...new Set(texts)].filter(Boolean).join(" ");
  let translation = said.querySelector(".translation");
  if (!text) return translation?.remove();
  if (!translation) said.querySelector("p").after((translation = h("p", { class: "translation" })));
  translation.lang = language;
  return setText(translation, text);
}
