/** Words that the engine was not sure of, marked in the paragraphs that are in sight. */

import { mark, rangeIn } from "./highlights.js";
import { wordsIn } from "./word-at.js";
import { recall, remember } from "../common/storage.js";

const DOUBTFUL = 0.75; // confidence below which a word is marked
const UNSURE = 0.5; // and below which it is marked more
const KEY = "vivavoce.shading";

export class Shading {
  #view;
  #button;
  #seen = new Set(); // paragraphs in sight
  #watched = new WeakSet();
  #observer;
  #on = recall(KEY) !== "off";
  #frame = 0;

  constructor(view, scroller, button) {
    this.#view = view;
    this.#button = button;
    this.#observer = new IntersectionObserver((changes) => this.#look(changes), { root: scroller, rootMargin: "200px" });
    view.addEventListener("drawn", () => this.#watch());
    button.addEventListener("click", () => this.#toggle());
    button.setAttribute("aria-pressed", String(this.#on));
  }

  #toggle() {
    this.#on = !this.#on;
    remember(KEY, this.#on ? "on" : "off");
    this.#button.setAttribute("aria-pressed", String(this.#on));
    this.#later();
  }

  #watch() {
    for (const paragraph of document.querySelectorAll("#transcript > .paragraph")) {
      if (this.#watched.has(paragraph)) continue;
      this.#watched.add(paragraph);
      this.#observer.observe(paragraph);
    }
    this.#later();
  }

  #look(changes) {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting) this.#seen.add(target);
      else this.#seen.delete(target);
    }
    this.#later();
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    const ranges = { doubtful: [], unsure: [] };
    let known = false; // whether the engine says how sure it is
    for (const paragraph of this.#seen) {
      if (!paragraph.isConnected) this.#seen.delete(paragraph);
      for (const piece of this.#view.rowOf(paragraph)?.pieces ?? []) {
        for (const [kind, range] of this.#ranges(piece)) {
          known = true;
          if (this.#on && kind && range) ranges[kind].push(range);
        }
      }
    }
    if (known) this.#button.hidden = false;
    mark("doubtful", ranges.doubtful);
    mark("unsure", ranges.unsure);
  }

  *#ranges({ key, utterance, from, to }) {
    const span = utterance && this.#view.spanOf(key);
    if (!span || span === this.#view.keep) return;
    for (const word of wordsIn(utterance)) {
      if (word.confidence === null || word.from < from || word.to > to) continue;
      const kind = kindOf(word.confidence);
      yield [kind, kind && rangeIn(span, word.from - from, word.to - from)];
    }
  }
}

function kindOf(confidence) {
  if (confidence < UNSURE) return "unsure";
  return confidence < DOUBTFUL ? "doubtful" : null;
}
