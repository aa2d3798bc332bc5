/**
 * Where an utterance's words stand in its text, and when they were said.
 *
 * Pure. Positions in time are samples, places in the text are UTF-16 offsets as the DOM has them.
 */

const REACH = 60; // characters: a word found further on is another one that reads alike

const known = new WeakMap(); // utterance -> its words; utterances never change, they are replaced

/**
 * The words of an utterance in order: `{ index, from, to, start, end, confidence, speaker }`,
 * `index` being the place in `utterance.words`. An utterance without word times has its words
 * guessed by their share of the text, with an `index` of -1.
 */
export function wordsIn(utterance) {
  let words = known.get(utterance);
  if (!words) {
    words = utterance.words?.length > 0 ? placed(utterance) : guessed(utterance);
    known.set(utterance, words);
  }
  return words;
}

function placed({ text, words }) {
  const found = [];
  let cursor = 0;
  words.forEach((word, index) => {
    const shown = word.text.trim();
    const from = shown ? text.indexOf(shown, cursor) : -1;
    if (from < 0 || from - cursor > REACH) return;
    cursor = from + shown.length;
    const { confidence = null, speaker = null } = word;
    found.push({
      index, from, to: cursor, start: word.start, end: word.end, confidence, speaker,
    });
  });
  return found;
}

function guessed({ text, start, end }) {
  const at = (place) => Math.round(start + ((end - start) * place) / text.length);
  return [...text.matchAll(/\S+/gu)].map(({ 0: word, index: from }) => {
    const to = from + word.length;
    return { index: -1, from, to, start: at(from), end: at(to), confidence: null, speaker: null };
  });
}

/** The number of the last item that begins at or before a position; -1: none does. */
export function lastAt(items, position, start = (item) => item.start) {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start(items[middle]) <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The word that a place in the text belongs to: the one there, or the one before it. */
export function wordAtPlace(words, place) {
  return words[Math.max(0, lastAt(words, place, (word) => word.from))] ?? null;
}

/** The word that is said at a time. */
export function wordAtTime(words, position) {
  return words[lastAt(words, position)] ?? null;
}
