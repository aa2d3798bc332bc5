/** What of the library is listed: words that are looked for, a tag, or the bin. */

import { h, icon, setText } from "../common/dom.js";
import { openMenu } from "../common/overlays.js";

const PAUSE = 250; // ms without a key after which the search begins

export class Finder extends EventTarget {
  #api;
  #field;
  #chip;
  #wish = { q: "", tag: null, deleted: false };
  #timer = 0;

  days = null; // that the bin keeps what is in it; 0: there is no bin

  constructor(api, { field, more, chip }) {
    super();
    this.#api = api;
    this.#field = field;
    this.#chip = chip;
    field.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#look(), PAUSE);
    });
    field.addEventListener("keydown", (event) => this.#key(event));
    more.addEventListener("click", () => this.#menu(more));
    addEventListener("keydown", (event) => this.#slash(event));
    this.#draw();
  }

  /** `{ q, tag, deleted }`, and it tells `change` when that is another. */
  get wish() { return this.#wish; }
  get any() { return this.#wish.q !== "" || this.#wish.tag !== null || this.#wish.deleted; }

  #want(change) {
    this.#wish = { ...this.#wish, ...change };
    this.#draw();
    this.dispatchEvent(new Event("change"));
  }

  #look() {
    clearTimeout(this.#timer);
    const q = this.#field.value.trim();
    if (q !== this.#wish.q) this.#want({ q });
  }

  #key(event) {
    if (event.key === "Enter") this.#look();
    if (event.key !== "Escape" || !this.#field.value) return;
    event.preventDefault();
    this.#field.value = "";
    this.#look();
  }

  /** "/" goes to the search, wherever nothing is written just now. */
  #slash(event) {
    const writing = event.target.closest?.("input, textarea, select, dialog, [contenteditable]");
    if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.#field.offsetParent === null) return; // a phone that shows a recording
    event.preventDefault();
    this.#field.focus();
    this.#field.select();
  }

  async #menu(button) {
    const tags = await this.#api.tags().then(({ items }) => items, () => []);
    const { tag: chosen, deleted } = this.#wish;
    const choice = (label, tag) => ({
      label, checked: !deleted && tag === chosen, run: () => this.#want({ tag, deleted: false }),
    });
    const all = tags.map(({ tag, recordings }) => choice(`${tag} (${recordings})`, tag));
    openMenu(button, [
      { heading: "Show" },
      choice("All recordings", null),
      ...all,
      { label: "The bin", checked: deleted, run: () => this.#want({ tag: null, deleted: true }) },
      null,
      { label: "All transcripts (CSV)", icon: "download", href: this.#api.tableUrl() },
    ]);
  }

  #draw() {
    const { tag, deleted } = this.#wish;
    this.#chip.hidden = tag === null && !deleted;
    if (this.#chip.hidden) return;
    const back = h("button", { class: "quiet", type: "button", "aria-label": "Show all recordings" }, icon("close"));
    back.addEventListener("click", () => this.#want({ tag: null, deleted: false }));
    const text = h("span");
    setText(text, deleted ? this.#bin() : `Tag: ${tag}`);
    this.#chip.replaceChildren(text, back);
  }

  #bin() {
    return this.days ? `In the bin, for ${this.days} days each` : "In the bin";
  }
}
