/**
 * Captions that roll up: words are put in lines, and a word that stands does not move until its
 * line leaves at the top. Only what changes in an utterance, and what follows it, is put anew.
 *
 * Pure: `fits(text)` says whether a line may be this long.
 */

const KEPT = 12; // lines remembered; more than are shown, as a correction may take some back

export class RollUp {
  #fits;
  #words = []; // { key, text, line }
  #first = 0; // the number of the first line that is remembered

  constructor(fits) {
    this.#fits = fits;
  }

  /** An utterance reads like this now. A new one goes to the end; an empty text takes it away. */
  say(key, text) {
    const words = text.split(/\s+/u).filter(Boolean);
    let from = this.#words.findIndex((word) => word.key === key);
    if (from < 0) from = this.#words.length;
    const after = this.#words.findIndex((word, i) => i >= from && word.key !== key);
    const rest = after < 0 ? [] : this.#words.splice(after);
    const old = this.#words.splice(from);
    let same = 0;
    while (same < old.length && same < words.length && old[same].text === words[same]) same += 1;
    this.#words.push(...old.slice(0, same));
    for (const word of words.slice(same)) this.#put(key, word);
    if (same === old.length && same === words.length) this.#words.push(...rest);
    else for (const word of rest) this.#put(word.key, word.text);
    this.#forget();
  }

  /** Begin again on a clear screen. */
  clear() {
    this.#words = [];
    this.#first = 0;
  }

  /** The last lines, at most so many: `{ number, text }`. */
  lines(count) {
    const lines = [];
    for (const { line, text } of this.#words) {
      if (lines.at(-1)?.number === line) lines.at(-1).text += ` ${text}`;
      else lines.push({ number: line, text });
    }
    return lines.slice(-count);
  }

  #put(key, text) {
    const last = this.#words.at(-1);
    let line = last?.line ?? this.#first;
    if (last) {
      const standing = this.#words.filter((word) => word.line === line).map((word) => word.text);
      if (!this.#fits([...standing, text].join(" "))) line += 1;
    }
    this.#words.push({ key, text, line });
  }

  #forget() {
    const last = this.#words.at(-1)?.line ?? this.#first;
    while (this.#words.length > 0 && this.#words[0].line <= last - KEPT) this.#words.shift();
    this.#first = this.#words[0]?.line ?? last;
  }
}
