/** How words go into a text that is there already: spaces and capitals. Pure. */

const OPENING = /[\s([{<"'“‘«„¿¡/\-–—]$/u; // after these a word begins without a space
const JOINED = /^[\s.,;:!?…)\]}>%”’»]/u; // these stand behind a word without one
const SENTENCE = /(^|[.!?…:]["'”’»)\]]*\s*|\n\s*)$/u; // a sentence begins behind this
const ALWAYS = /^(I\b|\p{Lu}[\p{Lu}\d]|[^\p{Lu}])/u; // "I", "NATO", and what is no capital
const NOUNS = ["de", "lb"]; // languages in which a capital in mid-sentence is a noun's

/**
 * What to put between `before` and `after` so that `text` reads well there. `single`: the field
 * has one line.
 */
export function fitted(text, before, after, { language = "", single = false } = {}) {
  let words = single ? text.replace(/\s+/gu, " ").trim() : text.trim();
  if (!words) return "";
  words = capitals(words, before, language);
  const space = before && !OPENING.test(before) && !JOINED.test(words) ? " " : "";
  return `${space}${words}${after && !JOINED.test(after) ? " " : ""}`;
}

function capitals(words, before, language) {
  const [first] = words;
  if (SENTENCE.test(before)) return first.toUpperCase() + words.slice(first.length);
  const keeps = ALWAYS.test(words) || NOUNS.includes(language.toLowerCase().split("-")[0]);
  return keeps ? words : first.toLowerCase() + words.slice(first.length);
}
