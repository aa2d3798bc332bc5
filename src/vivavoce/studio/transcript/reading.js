/**
 * Where somebody reads or listens: one word, marked in the text. Playing moves it, the keyboard
 * steps it, and whatever begins at "the word" begins there.
 */

import { mark, rangeIn } from "./highlights.js";
import { piecesOf } from "./paragraphs.js";
import { SAMPLE_RATE } from "./transcript.js";
import { lastAt, wordAtPlace, wordAtTime, wordsIn } from "./word-at.js";

const NEAR = 0.28 * SAMPLE_RATE; // samples before a word's start from which a step back goes further

export class Reading {
  #view;
  #utterances = []; // as the view has them, in order of start
  #at = null; // { key, place }: the utterance, and the place in its text of the word's first letter
  #playing = null; // the element that the sound is in

  constructor(view) {
    this.#view = view;
    view.addEventListener("drawn", () => this.#refresh());
  }

  /** The utterance and the word: `{ utterance, word }`; null: nowhere yet. */
  get here() {
    const utterance = this.#at && this.#utterances.find(({ key }) => key === this.#at.key);
    if (!utterance) return null;
    return { utterance, word: wordAtPlace(wordsIn(utterance), this.#at.place) };
  }

  clear() {
    this.#at = null;
    this.#mark();
  }

  /** Go to a place in an utterance's text. */
  goTo(utterance, place) {
    const word = wordAtPlace(wordsIn(utterance), place);
    this.#at = { key: utterance.key, place: word?.from ?? 0 };
    this.#mark();
    return word;
  }

  /** Mark what is heard `seconds` after the start; negative: nothing is. */
  hear(seconds) {
    const position = Math.round(seconds * SAMPLE_RATE); // a player's seconds are not exact
    const utterance = this.#utterances[lastAt(this.#utterances, position)];
    const inside = seconds >= 0 && utterance && position < utterance.end;
    const word = inside ? wordAtTime(wordsIn(utterance), position) : null;
    this.#markPlaying(word ? this.#view.spanAt(utterance, word.from) : null);
    if (!word || (this.#at?.key === utterance.key && this.#at.place === word.from)) return false;
    this.#at = { key: utterance.key, place: word.from };
    this.#mark();
    return true;
  }

  /** Go to what is said at `seconds`, or next after it. False: nothing is there (yet). */
  reach(seconds) {
    const position = Math.round(seconds * SAMPLE_RATE); // a player's seconds are not exact
    const utterance = this.#utterances.find(({ end }) => end > position);
    const words = utterance ? wordsIn(utterance) : [];
    const word = wordAtTime(words, position) ?? words[0];
    return Boolean(word && this.goTo(utterance, word.from));
  }

  /** The word `by` (1, -1) words on from here, or from a time if nothing is marked. */
  step(by, seconds = null) {
    const here = this.#strayed(seconds) ? null : this.here;
    if (!here) return this.#near(by, seconds ?? 0);
    let [index, words] = [this.#utterances.indexOf(here.utterance), wordsIn(here.utterance)];
    let next = words.indexOf(here.word) + by;
    if (by < 0 && seconds !== null && here.word && seconds * SAMPLE_RATE > here.word.start + NEAR) next += 1;
    while (next < 0 || next >= words.length) {
      index += by;
      if (!this.#utterances[index]) return null;
      words = wordsIn(this.#utterances[index]);
      next = by > 0 ? 0 : words.length - 1;
    }
    return this.#go(this.#utterances[index], words[next]);
  }

  /** The first word of the utterance before (-1) or after (1) this one. */
  stepUtterance(by, seconds = null) {
    if (!this.here || this.#strayed(seconds)) return this.#near(by, seconds ?? 0);
    const index = this.#utterances.indexOf(this.here.utterance) + by;
    const utterance = this.#utterances[Math.max(0, index)];
    return utterance ? this.#go(utterance, wordsIn(utterance)[0]) : null;
  }

  /** Bring the word into view. */
  show(block = "nearest") {
    const { element } = this.#place() ?? {};
    element?.scrollIntoView({ block });
  }

  /** The element that holds the word, and where the word stands in it: `{ element, from, to }`. */
  #place() {
    const here = this.here;
    if (!here?.word) return null;
    const element = this.#view.spanAt(here.utterance, here.word.from);
    if (!element) return null;
    const piece = piecesOf(here.utterance).findLast(({ from }) => from <= here.word.from);
    return { element, from: here.word.from - piece.from, to: here.word.to - piece.from };
  }

  get place() { return this.#place(); }

  /** Whether the sound was taken to a place where no word is said, so that none is marked. */
  #strayed(seconds) {
    const { utterance, word } = (seconds !== null && this.here) || {};
    const position = seconds * SAMPLE_RATE;
    return Boolean(word) && (position < word.start - NEAR || position > utterance.end + NEAR);
  }

  /** The word at a time, or the one before or after it. */
  #near(by, seconds) {
    const position = Math.round(seconds * SAMPLE_RATE);
    const index = lastAt(this.#utterances, position);
    const inside = this.#utterances[index]?.end > position;
    const utterance = this.#utterances[inside || by < 0 ? Math.max(0, index) : index + 1];
    if (!utterance) return null;
    return this.#go(utterance, wordAtTime(wordsIn(utterance), position) ?? wordsIn(utterance)[0]);
  }

  #go(utterance, word) {
    if (!word) return null;
    this.goTo(utterance, word.from);
    this.show();
    return word;
  }

  #refresh() {
    this.#utterances = this.#view.utterances;
    this.#mark();
  }

  #mark() {
    const place = this.#place();
    const range = place && rangeIn(place.element, place.from, place.to);
    mark("word", range ? [range] : []);
  }

  #markPlaying(span) {
    if (span === this.#playing) return;
    this.#playing?.classList.remove("playing");
    this.#playing = span;
    span?.classList.add("playing");
  }
}
