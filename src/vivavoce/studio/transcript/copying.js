/** Copying from a transcript: its words and who said them, and none of what stands around. */

import { selectionIn } from "../editor/caret.js";
import { textOf } from "./paragraphs.js";

/** All rows as text: paragraphs with their speakers, an empty line between where there are any. */
export function textOfRows(rows) {
  const paragraphs = rows.filter(({ kind }) => kind === "paragraph");
  const named = paragraphs.some(({ name }) => name);
  return paragraphs.map((row) => line(row.name, row.pieces.map((piece) => shown(piece)))).join(named ? "\n\n" : "\n");
}

function line(name, texts) {
  const text = texts.filter(Boolean).join(" ");
  return name ? `${name}: ${text}` : text;
}

function shown(piece) {
  return piece.open ? `${piece.stable}${piece.tail}`.trim() : textOf(piece);
}

/** What of a transcript is selected, as text; null: nothing, or within one text only. */
export function selectedText(view, body) {
  const selection = getSelection();
  if (selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  if (!range.intersectsNode(body)) return null;
  const lines = [];
  for (const paragraph of body.querySelectorAll(".paragraph")) {
    if (!range.intersectsNode(paragraph)) continue;
    const texts = [...paragraph.querySelectorAll(".utterance")].map((span) => part(span, range));
    if (texts.some(Boolean)) lines.push({ name: view.rowOf(paragraph)?.name, texts });
  }
  if (lines.length === 0) return null;
  if (lines.length === 1) return line(null, lines[0].texts);
  return lines.map(({ name, texts }) => line(name, texts)).join("\n\n");
}

/** The text of an element that a range covers. */
function part(span, range) {
  if (!range.intersectsNode(span)) return "";
  const inner = new Range();
  inner.selectNodeContents(span);
  if (span.contains(range.startContainer)) inner.setStart(range.startContainer, range.startOffset);
  if (span.contains(range.endContainer)) inner.setEnd(range.endContainer, range.endOffset);
  return inner.toString().trim();
}

/** The pieces that are selected: `[{ piece, from, to }]` in characters of their utterances. */
export function selectedPieces(view, body) {
  const selection = getSelection();
  if (selection.isCollapsed || selection.rangeCount === 0) return [];
  const range = selection.getRangeAt(0);
  const found = [];
  for (const span of body.querySelectorAll(".utterance:not(.open)")) {
    if (!range.intersectsNode(span)) continue;
    const piece = view.pieceOf(span);
    const within = selectionIn(span);
    const text = part(span, range);
    if (!piece || !text) continue;
    const start = within?.from ?? (span.contains(range.startContainer) ? span.textContent.length - text.length : 0);
    found.push({ piece, from: piece.from + start, to: piece.from + start + text.length });
  }
  return found;
}
