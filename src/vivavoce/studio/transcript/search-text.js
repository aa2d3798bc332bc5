/** Finding and replacing in text, by plain words. Pure. */

const LETTER = "[\\p{L}\\p{N}\\p{M}_]";

/** A pattern for what somebody looks for, or null for nothing. `{ matchCase, wholeWord }` */
export function patternOf(sought, { matchCase = false, wholeWord = false } = {}) {
  if (!sought) return null;
  const plain = sought.replace(/[.*+?^${}()|[\]\\/-]/gu, "\\$&").replace(/\\-/gu, "-").replace(/\s+/gu, "\\s+");
  const source = wholeWord ? `(?<!${LETTER})${plain}(?!${LETTER})` : plain;
  return new RegExp(source, matchCase ? "gu" : "giu");
}

/** Where a text holds it: `[{ from, to }]`. */
export function matchesIn(text, pattern) {
  return [...text.matchAll(pattern)]
    .filter(({ 0: found }) => found !== "")
    .map(({ 0: found, index }) => ({ from: index, to: index + found.length }));
}

/** The text with these places (as `matchesIn` gives them) replaced. */
export function replaced(text, places, by) {
  let [made, cursor] = ["", 0];
  for (const { from, to } of places) {
    made += text.slice(cursor, from) + by;
    cursor = to;
  }
  return made + text.slice(cursor);
}

/** What somebody typed or pasted, as an utterance holds it: one line, single spaces. */
export function tidied(text) {
  return text.replace(/[\s\u00a0]+/gu, " ").trim();
}
