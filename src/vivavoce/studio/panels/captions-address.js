/** The address of captions over a video, with how they are to look. */

import { choice, copier, field } from "../common/forms.js";
import { h } from "../common/dom.js";

const SIZES = [["28", "Small"], ["42", "Medium"], ["64", "Large"], ["96", "Very large"]];
const COLOURS = [["ffffff", "White"], ["ffee00", "Yellow"], ["66e0ff", "Light blue"], ["7dff8a", "Light green"], ["000000", "Black"]];
const GROUNDS = [["", "None, outlined"], ["000000b0", "Dark"], ["000000", "Black"], ["ffffffd0", "Light"]];
const PLACES = [["bottom", "Bottom"], ["middle", "Middle"], ["top", "Top"]];

export class CaptionsAddress {
  #address;
  #size = choice("size", SIZES, "42");
  #lines = choice("lines", [["1", "1"], ["2", "2"], ["3", "3"]], "2");
  #colour = choice("colour", COLOURS, "ffffff");
  #ground = choice("background", GROUNDS);
  #place = choice("position", PLACES);
  #shown = h("input", { class: "address", readonly: true, "aria-label": "Address of the captions", onfocus: ({ target }) => target.select() });

  constructor(address) {
    this.#address = address;
    const fields = h("div", { class: "pairs" },
      field("Size", this.#size), field("Lines", this.#lines), field("Colour", this.#colour),
      field("Background", this.#ground), field("Position", this.#place));
    fields.addEventListener("change", () => this.#draw());
    this.element = h("details", { class: "set-up" }, h("summary", {}, "Captions over a video, for OBS"), fields,
      h("div", { class: "row" }, this.#shown, copier("Copy the address of the captions", () => this.#shown.value)),
      h("p", { class: "meta" }, "In OBS: Sources, Add, Browser, and this as its URL, as wide as your scene. What lies behind shows through."));
    this.#draw();
  }

  #draw() {
    const query = new URLSearchParams({ size: this.#size.value, lines: this.#lines.value, colour: this.#colour.value });
    if (this.#ground.value) {
      query.set("background", this.#ground.value);
      query.set("outline", "none");
    }
    if (this.#place.value !== "bottom") query.set("position", this.#place.value);
    this.#shown.value = `${this.#address}?${query}`;
  }
}
