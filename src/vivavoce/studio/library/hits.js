/** What was said, in every recording: the places that a search found, each to be opened there. */

import { h, setText } from "../common/dom.js";
import { clock, titleOf, when } from "../common/words.js";

export class Hits {
  #api;
  #root;
  #list;
  #more;
  #note;
  #query = "";
  #cursor = null;
  #asked = new AbortController();

  constructor(api, root) {
    this.#api = api;
    this.#root = root;
    this.#list = root.querySelector("ul");
    this.#note = root.querySelector("p");
    this.#more = root.querySelector("button");
    this.#more.addEventListener("click", () => this.#page());
  }

  /** Show what is found for these words; none: nothing. */
  async show(query) {
    if (query === this.#query) return;
    this.#asked.abort();
    this.#query = query;
    this.#cursor = null;
    if (query) return this.#page();
    this.#root.hidden = true;
    this.#list.replaceChildren();
  }

  async #page() {
    const { signal } = (this.#asked = new AbortController());
    const first = this.#cursor === null;
    try {
      const { items, next } = await this.#api.search(this.#query, this.#cursor, signal);
      if (first) this.#list.replaceChildren();
      this.#list.append(...items.map(hit));
      this.#cursor = next;
      setText(this.#note, first && items.length === 0 ? "Nobody said that in a recording of yours." : "");
    } catch (error) {
      if (signal.aborted) return;
      const words = error instanceof TypeError ? "The server does not answer." : error.message;
      setText(this.#note, `It could not be searched. ${words}`);
    }
    this.#more.hidden = this.#cursor === null;
    this.#root.hidden = false;
  }
}

function hit({ recording, at, snippet }) {
  const said = snippet.map(({ text, hit }) => (hit ? h("mark", {}, text) : text));
  const where = `${titleOf(recording)} · ${when(recording.created_at)} · ${clock(at)}`;
  const link = h(
    "a",
    { href: `#/r/${recording.id}@${at}` },
    h("span", { class: "said" }, ...said),
    h("span", { class: "meta" }, where),
  );
  link.addEventListener("click", () => {
    if (location.hash === link.hash) dispatchEvent(new Event("hashchange")); // there once more
  });
  return h("li", {}, link);
}
