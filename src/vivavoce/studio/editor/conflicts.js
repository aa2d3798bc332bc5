/** Where two people corrected one utterance: both readings, and a choice. */

import { h } from "../common/dom.js";

export class Conflicts {
  #view;
  #boxes = new Map(); // utterance key -> element

  onsettle = null; // called with (key, whether to keep mine)

  constructor(view) {
    this.#view = view;
    view.addEventListener("drawn", () => this.#place());
  }

  /** Show these: utterance key -> { mine, theirs }. */
  draw(conflicts) {
    for (const [key, box] of this.#boxes) {
      if (!conflicts.has(key)) {
        box.remove();
        this.#boxes.delete(key);
      }
    }
    for (const [key, conflict] of conflicts) {
      if (!this.#boxes.has(key)) this.#boxes.set(key, this.#box(key, conflict));
    }
    this.#place();
  }

  #place() {
    for (const [key, box] of this.#boxes) {
      const paragraph = this.#view.spanOf(key)?.closest(".paragraph");
      const said = paragraph?.querySelector(".said") ?? document.getElementById("transcript");
      if (box.parentElement !== said) said.append(box);
    }
  }

  #box(key, { mine, theirs }) {
    const settle = (keep) => this.onsettle?.(key, keep);
    const reading = (label, text, action, keep) =>
      h(
        "div", { class: "reading" },
        h("b", {}, label),
        h("p", {}, text || "(struck out)"),
        h("button", { class: "button", type: "button", onclick: () => settle(keep) }, action),
      );
    return h(
      "div", { class: "conflict", role: "group", "aria-label": "Two readings of this passage" },
      h("p", { class: "why", role: "status" }, "Somebody else changed this while you did."),
      reading("Yours", mine, "Keep mine", true),
      reading("Theirs", theirs.text, "Take theirs", false),
    );
  }
}
