/** The choice of a language in which the transcript is shown as well, where there is one. */

import { h } from "../common/dom.js";
import { recall, remember } from "../common/storage.js";

const KEY = "vivavoce.translation";

export class Translations {
  #view;
  #select;
  #known = "";

  constructor(view, select) {
    this.#view = view;
    this.#select = select;
    view.addEventListener("drawn", () => this.#look());
    select.addEventListener("change", () => this.choose(select.value));
  }

  /** Show this one, now or when there is something in it; empty: none. */
  choose(language) {
    remember(KEY, language);
    this.#select.value = language;
    if (this.#select.selectedIndex < 0) this.#select.value = "";
    this.#view.language = this.#select.value || null;
  }

  #look() {
    const languages = new Set();
    for (const { translations } of this.#view.transcript.utterances) {
      for (const language of Object.keys(translations ?? {})) languages.add(language);
    }
    const known = [...languages].sort();
    if (known.join() === this.#known) return;
    this.#known = known.join();
    const wanted = recall(KEY);
    const options = known.map((language) => h("option", { value: language }, nameOf(language)));
    this.#select.replaceChildren(h("option", { value: "" }, "No translation"), ...options);
    this.#select.value = languages.has(wanted) ? wanted : "";
    this.#select.closest("label").hidden = known.length === 0;
    this.#view.language = this.#select.value || null;
  }
}

/** "German" for `de`, in the reader's own language. */
function nameOf(language) {
  try {
    return new Intl.DisplayNames([], { type: "language" }).of(language) ?? language;
  } catch {
    return language; // not a tag that a browser knows
  }
}
