/** Languages by their tags, and what they are called. */

/** What is offered where an engine takes any: the languages most spoken, and most transcribed. */
export const COMMON = [
  "af", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu",
  "fa", "fi", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk",
  "km", "kn", "ko", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "mt", "my", "nb", "ne", "nl", "nn", "pa",
  "pl", "pt", "ro", "ru", "sk", "sl", "so", "sq", "sr", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk",
  "ur", "uz", "vi", "yue", "zh", "zu",
];

const names = new Intl.DisplayNames(["en"], { type: "language" });

/** "de" -> "German", "en-GB" -> "British English" */
export function nameOf(tag) {
  try {
    return names.of(tag) ?? tag;
  } catch {
    return tag; // no BCP-47 tag
  }
}

/** `[tag, name]`, in order of their names. "*" among the tags: the common ones. */
export function named(tags) {
  const all = tags.includes("*") ? new Set([...COMMON, ...tags]) : new Set(tags);
  all.delete("*");
  return [...all].map((tag) => [tag, nameOf(tag)]).sort((a, b) => a[1].localeCompare(b[1]));
}
