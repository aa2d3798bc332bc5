/**
 * What is changed in the transcript that is shown: made at once, remembered, sent, taken back.
 *
 * Tells: `change` (how something reads, or what can be undone, or what is saved).
 */

import { wordsOf } from "../library/actions.js";
import { History } from "./history.js";
import { Outbox } from "../recorder/outbox.js";
import { toast } from "../common/overlays.js";

const NOTHING = { edits: [], assign: [], names: [] };

export class Changes extends EventTarget {
  #api;
  #subject = null;
  #outbox = null;
  #outboxes = new Set(); // of all subjects: what is on its way goes on when another is shown
  #history = new History();
  #abort = new AbortController();

  constructor(api) {
    super();
    this.#api = api;
    addEventListener("online", () => this.#outboxes.forEach((box) => box.retry()));
  }

  get canUndo() { return this.#history.canUndo; }
  get canRedo() { return this.#history.canRedo; }
  get conflicts() { return this.#outbox?.conflicts ?? new Map(); }
  get state() { return this.#outbox?.state ?? "saved"; }
  get unsaved() { return [...this.#outboxes].some(({ size }) => size > 0); }

  /** Change this subject's transcript; null: none. */
  show(subject) {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#subject = subject;
    this.#history = new History();
    this.#outbox = subject && this.#outboxOf(subject);
  }

  #outboxOf(subject) {
    const { signal } = this.#abort;
    const send = (edits) => this.#api.edit(subject.id, edits);
    subject.outbox ??= new Outbox(send, subject.transcript);
    this.#outboxes.add(subject.outbox);
    subject.outbox.addEventListener("change", () => this.#told(), { signal });
    subject.outbox.addEventListener("failure", ({ detail }) => refused(detail), { signal });
    return subject.outbox;
  }

  /** What an utterance reads as, with what is not saved yet, and what a change of it stands on. */
  reading(utterance) { return this.#outbox?.reading(utterance) ?? utterance; }
  base(utterance) { return this.#outbox.base(utterance); }

  /** An utterance that read as `utterance.text` is to read as `text`. */
  edit(utterance, text, base) {
    const { key, id, text: before } = utterance;
    this.#history.add({ ...NOTHING, edits: [{ key, id, before, after: text }] });
    this.#outbox.put([{ key, id, text, base }]);
  }

  /** Several at once, undone as one: `[{ utterance, text }]`. */
  editAll(changes) {
    const edits = changes.map(({ utterance: { key, id, text: before }, text }) => ({ key, id, before, after: text }));
    this.#history.add({ ...NOTHING, edits });
    this.#put(edits);
  }

  /** Who said what, as `{ assign, names }` of a change. */
  async speakers(change) {
    if (await this.#carryOut({ ...NOTHING, ...change })) this.#history.add({ ...NOTHING, ...change });
    this.#told();
  }

  /** "undo" or "redo". Gives the keys of the utterances that read otherwise; null: nothing left. */
  back(which) {
    const change = this.#history[which]();
    if (!change) return null;
    const reads = (key) => this.reading(this.#subject.transcript.utterance(key)).text;
    const edits = change.edits.filter(({ key, before }) => reads(key) === before);
    if (edits.length < change.edits.length) toast("Somebody else changed this since, so it stays as it is.");
    this.#carryOut({ ...change, edits });
    this.#told();
    return edits.map(({ key }) => key);
  }

  /** Settle a conflict by one's own reading, or the other one. */
  settle(key, mine) {
    this.#outbox.settle(key, mine);
  }

  async #carryOut({ edits, assign, names }) {
    if (edits.length > 0) this.#put(edits);
    if (assign.length + names.length === 0) return true;
    try {
      await this.#api.speakers(this.#subject.id, {
        assign: assign.map(({ id, after }) => ({ utterance: id, ...after })),
        names: names.map(({ speaker, after }) => ({ speaker, name: after })),
      });
      return true;
    } catch (error) {
      toast(`The speakers could not be changed. ${wordsOf(error)}`);
      return false;
    }
  }

  #put(edits) {
    this.#outbox.put(edits.map(({ key, id, after }) => ({
      key, id, text: after, base: this.base(this.#subject.transcript.utterance(key)),
    })));
  }

  /** What became of the changes, in a few words. */
  get words() {
    const { state, size } = this.#outbox ?? { state: "saved" };
    if (state === "offline") {
      const changes = size === 1 ? "One change is" : `${size} changes are`;
      return `${changes} kept here until the server answers.`;
    }
    if (state === "saving") return "Saving…";
    return this.canUndo || this.canRedo ? "Saved" : "";
  }

  #told() {
    this.dispatchEvent(new Event("change"));
  }
}

function refused({ message, edits }) {
  const text = edits.map((edit) => edit.text).join("\n");
  const copy = { label: "Copy what I wrote", run: () => navigator.clipboard.writeText(text) };
  toast(`The change could not be saved. ${message}`, copy);
}
