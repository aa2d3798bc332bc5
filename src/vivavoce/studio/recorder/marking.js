/** A marker: the moment is that of the key, the label comes after it, or does not. */

import { setText } from "../common/dom.js";
import { clock } from "../common/words.js";

const PATIENCE = 10000; // ms without a key before a marker is set with what is there

export class Marking {
  #form;
  #recording = null;
  #at = 0; // seconds
  #before = null; // what had the focus
  #timer = 0;

  onmarked = null; // called with seconds and the label

  constructor(form) {
    this.#form = form;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.settle();
    });
    form.addEventListener("input", () => this.#wait());
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.#close();
    });
    form.querySelector("[data-cancel]").addEventListener("click", () => this.#close());
  }

  /** Note where this recording is now, and ask for a label. One that is open is set as it is. */
  begin(recording) {
    this.settle();
    this.#recording = recording;
    this.#at = recording.now;
    this.#before = document.activeElement;
    this.#form.hidden = false;
    setText(this.#form.querySelector("[data-at]"), clock(this.#at));
    this.#form.elements.label.focus({ preventScroll: true });
    this.#wait();
  }

  /** Set the marker that is asked about, with the label as far as it is written. */
  settle() {
    if (this.#form.hidden) return;
    const label = this.#form.elements.label.value.trim();
    this.#recording.mark(label, this.#at);
    this.onmarked?.(this.#at, label);
    this.#close();
  }

  #close() {
    clearTimeout(this.#timer);
    const focused = this.#form.contains(document.activeElement);
    this.#form.hidden = true;
    this.#form.reset();
    if (focused) this.#before?.focus({ preventScroll: true });
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.settle(), PATIENCE);
  }
}
