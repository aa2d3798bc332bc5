/**
 * How a transcript is laid out: utterances become pieces (one, or one for each change of speaker
 * within), pieces become paragraphs, and notes (markers, gaps, a change of engine) stand between.
 *
 * Pure. A paragraph ends at a pause, another speaker, a note, or after a while; never by its
 * length in characters, so that correcting words moves nothing but the lines after them.
 */

import { shown } from "./speakers.js";
import { SAMPLE_RATE } from "./transcript.js";
import { wordsIn } from "./word-at.js";

const PARAGRAPH = "¶"; // the label of a marker that was spoken to begin one
const PAUSE = 2 * SAMPLE_RATE; // silence that begins a paragraph
const LONG = 30 * SAMPLE_RATE; // after which the next utterance begins a paragraph

const known = new WeakMap(); // utterance -> its pieces

/** The pieces of an utterance: `{ key, utterance, from, to, start, end, speaker }`. */
export function piecesOf(utterance) {
  let pieces = known.get(utterance);
  if (!pieces) known.set(utterance, (pieces = cut(utterance)));
  return pieces;
}

function cut(utterance) {
  const { key, start, end, text } = utterance;
  const own = utterance.speaker ?? null;
  const piece = { key, utterance, from: 0, to: text.length, start, end, speaker: own };
  if (!utterance.words?.some((word) => word.speaker)) return [piece];
  const pieces = [];
  for (const word of wordsIn(utterance)) {
    const speaker = word.speaker ?? own;
    const last = pieces.at(-1);
    if (last?.speaker === speaker) {
      last.end = word.end;
      continue;
    }
    if (last) last.to = word.from;
    const next = { ...piece, key: last ? `${key}#${pieces.length}` : key, speaker, end: word.end };
    if (last) Object.assign(next, { from: word.from, start: word.start });
    pieces.push(next);
  }
  if (pieces.length > 0) pieces.at(-1).end = end;
  return pieces.length > 0 ? pieces : [piece];
}

/** What a piece reads as. */
export function textOf({ utterance, from, to }) {
  return utterance.text.slice(from, to).trim();
}

/**
 * Rows in order: `{ kind: "paragraph", key, start, speaker, name, pieces }` and
 * `{ kind: "note", key, at, note }`. `live`: what has no speaker yet may still get the one before.
 */
export function layOut(utterances, notes, names, live) {
  const rows = [];
  const left = [...notes].sort((a, b) => a.at - b.at);
  let paragraph = null;
  const note = () => {
    const next = left.shift();
    paragraph = null;
    if (next.kind === "marker" && next.text === PARAGRAPH) return;
    rows.push({ kind: "note", key: `note ${next.kind} ${next.at} ${next.text}`, at: next.at, note: next });
  };
  for (const utterance of utterances) {
    for (const piece of utterance.open ? [utterance] : piecesOf(utterance)) {
      while (left.length > 0 && left[0].at < piece.start) note();
      if (!paragraph || !joins(paragraph, piece, names, live)) {
        paragraph = begun(piece, names);
        rows.push(paragraph);
      }
      paragraph.pieces.push(piece);
    }
  }
  while (left.length > 0) note();
  return rows;
}

function begun(piece, names) {
  const { key, start, speaker = null } = piece;
  return { kind: "paragraph", key, start, speaker, name: speaker && shown(speaker, names), pieces: [] };
}

function joins(paragraph, piece, names, live) {
  const before = paragraph.pieces.at(-1);
  if (piece.start - before.end >= PAUSE || piece.start - paragraph.start >= LONG) return false;
  if (piece.open || (live && !piece.speaker)) return true;
  return (piece.speaker && shown(piece.speaker, names)) === paragraph.name;
}
