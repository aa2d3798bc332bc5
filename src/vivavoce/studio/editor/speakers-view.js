/** Who said what, put right: rename a speaker, merge two, give words to another. */

import { selectedPieces } from "../transcript/copying.js";
import { editInPlace, openMenu } from "../common/overlays.js";
import { signing } from "../common/signing.js";
import { newLabel, labelsIn, saidBy, sayingOf, speakersOf } from "../transcript/speakers.js";

export class SpeakersView {
  #view;
  #body;
  #remembered = []; // what was selected when the button was pressed

  onchange = null; // called with a change (see history.js)
  here = () => null; // the piece that is read or written, as { piece, from, to }

  constructor(view, body, button) {
    this.#view = view;
    this.#body = body;
    body.addEventListener("click", ({ target }) => {
      if (target.closest(".speaker") && signing.may("transcribe")) this.#menu(target.closest(".speaker"));
    });
    body.addEventListener("keydown", (event) => {
      if (event.key !== "F2" || !event.target.matches(".speaker") || !signing.may("transcribe")) return;
      event.preventDefault();
      event.stopPropagation();
      this.#rename(event.target);
    });
    // A press would take the selection away before the click comes.
    button.addEventListener("pointerdown", () => (this.#remembered = this.#chosen()));
    button.addEventListener("click", () => this.#assignMenu(button));
  }

  get #names() { return this.#view.transcript.names; }
  get #speakers() { return speakersOf(this.#view.utterances, this.#names); }

  #menu(button) {
    const row = this.#view.rowOf(button.closest("[data-row]"));
    const others = this.#speakers.filter(({ name }) => name !== row.name);
    const passage = row.pieces.filter(({ open }) => !open).map((piece) => ({ piece, from: piece.from, to: piece.to }));
    const merge = others.map((other) => ({
      label: other.name, icon: "person", colour: other.colour, run: () => this.#merge(row.name, other.name),
    }));
    openMenu(button, [
      { label: `Rename “${row.name}”`, icon: "pencil", run: () => this.#rename(button) },
      null,
      { heading: "This paragraph is by" },
      ...this.#choices(others, passage),
      ...(merge.length > 0 ? [null, { heading: `All of “${row.name}” is by` }, ...merge] : []),
    ]);
  }

  #assignMenu(button) {
    const selected = this.#remembered.length > 0 ? this.#remembered : this.#chosen();
    this.#remembered = [];
    if (selected.length === 0) {
      return openMenu(button, [{ heading: "Select words first, or go to a word" }]);
    }
    const words = selected.length > 1 || selected[0].from > selected[0].piece.from || selected[0].to < selected[0].piece.to;
    const nobody = { label: "Nobody known", icon: "close", run: () => this.#assign(selected, "") };
    const some = selected.some(({ piece }) => piece.speaker);
    return openMenu(button, [
      { heading: words ? "The selected words are by" : "This passage is by" },
      ...this.#choices(this.#speakers, selected),
      ...(some ? [nobody] : []),
    ]);
  }

  #chosen() {
    const selected = selectedPieces(this.#view, this.#body);
    const here = this.here();
    return selected.length > 0 || !here ? selected : [here];
  }

  #choices(speakers, passage) {
    const known = speakers.map(({ name, labels, colour }) => ({
      label: name, icon: "person", colour, run: () => this.#assign(passage, labels[0]),
    }));
    return [...known, { label: "Somebody new", icon: "plus", run: () => this.#assign(passage, this.#fresh()) }];
  }

  #fresh() {
    return newLabel(labelsIn(this.#view.transcript.utterances), this.#names);
  }

  /** Each utterance once, whatever of it is meant. */
  #assign(passage, label) {
    const items = new Map();
    for (const { piece, from, to } of passage) {
      const { utterance } = piece;
      const known = items.get(utterance.key);
      const now = known ? { ...utterance, ...labelled(utterance, known.after) } : utterance;
      const before = known?.before ?? sayingOf(utterance);
      const after = saidBy(now, from, to, label);
      items.set(utterance.key, { key: utterance.key, id: utterance.id, before, after });
    }
    this.onchange?.({ edits: [], names: [], assign: [...items.values()] });
  }

  #rename(button) {
    const { name } = this.#view.rowOf(button.closest("[data-row]"));
    const save = (text) => this.#name(name, text.slice(0, 80));
    editInPlace(button, name, save, "Name of the speaker");
  }

  #merge(name, into) {
    this.#name(name, into);
  }

  /** Everybody who is shown as `name` is shown as `text` from now on. */
  #name(name, text) {
    const { labels = [] } = this.#speakers.find((speaker) => speaker.name === name) ?? {};
    const names = labels.map((speaker) => ({
      speaker, before: this.#names[speaker] ?? "", after: text === speaker ? "" : text,
    }));
    if (names.length > 0) this.onchange?.({ edits: [], assign: [], names });
  }
}

/** An utterance's speakers as if the server had taken them already. */
function labelled({ words = [] }, { speaker, words: labels }) {
  return { speaker, words: words.map((word, i) => ({ ...word, speaker: labels[i] ?? null })) };
}
