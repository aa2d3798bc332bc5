/**
 * Who said what, as people see it: labels (`S1`) with names, colours, and what a change of them
 * is in the server's words. Pure.
 */

import { wordsIn } from "./word-at.js";

export const COLOURS = 8;

/** What a label is shown as. Labels shown alike are one speaker: that is how two are merged. */
export function shown(label, names) {
  return names[label] || label;
}

/** Every label that the utterances name, in the order in which they are first heard. */
export function labelsIn(utterances) {
  const labels = new Set();
  for (const utterance of utterances) {
    if (utterance.speaker) labels.add(utterance.speaker);
    for (const { speaker } of utterance.words ?? []) if (speaker) labels.add(speaker);
  }
  return [...labels];
}

/** The speakers as they are shown: `[{ name, labels, colour }]`. */
export function speakersOf(utterances, names) {
  const speakers = new Map();
  for (const label of labelsIn(utterances)) {
    const name = shown(label, names);
    const speaker = speakers.get(name) ?? { name, labels: [], colour: colourOf(label) };
    speaker.labels.push(label);
    speaker.colour = Math.min(speaker.colour, colourOf(label));
    speakers.set(name, speaker);
  }
  return [...speakers.values()];
}

/** A label keeps its colour whoever comes before it: by its number, or by its letters. */
export function colourOf(label) {
  const number = /(\d+)$/.exec(label)?.[1];
  if (number) return (Number(number) + COLOURS - 1) % COLOURS;
  return [...label].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 9973, 7) % COLOURS;
}

/** A label that nobody has. */
export function newLabel(labels, names) {
  const taken = new Set([...labels, ...Object.keys(names), ...Object.values(names)]);
  let number = 1;
  while (taken.has(`S${number}`)) number += 1;
  return `S${number}`;
}

/**
 * Who says an utterance: `{ speaker, words }` as the server takes it, `words` being a label or
 * null for each word, or empty.
 */
export function sayingOf({ speaker, words = [] }) {
  const labels = words.map((word) => word.speaker ?? null);
  return { speaker: speaker ?? "", words: labels.some(Boolean) ? labels : [] };
}

/** The same when what stands between two places of the text is said by `label`. */
export function saidBy(utterance, from, to, label) {
  const mine = wordsIn(utterance).filter((word) => word.from < to && word.to > from && word.index >= 0);
  const all = utterance.words ?? [];
  const whole = mine.length === 0 || mine.length === all.length;
  if (whole) return { speaker: label, words: [] };
  const changed = new Set(mine.map((word) => word.index));
  const own = utterance.speaker ?? null;
  const labels = all.map((word, i) => (changed.has(i) ? label : (word.speaker ?? own)));
  if (labels.every((each) => each === label)) return { speaker: label, words: [] };
  return { speaker: own ?? "", words: labels.map((each) => (each === own ? null : each)) };
}
