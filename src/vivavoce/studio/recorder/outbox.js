/**
 * What somebody changed and the server has not taken yet: shown at once, sent in order, kept
 * and sent again while there is no line, and asked about where somebody else was quicker.
 *
 * Tells: `change` (an utterance reads otherwise, or `state` does), `conflict`.
 */

import { HttpError } from "../common/sse.js";
import { signing } from "../common/signing.js";

const BATCH = 200; // edits in one request
const WAITS = [1000, 2000, 5000, 10000]; // ms before each further attempt

export class Outbox extends EventTarget {
  #send; // async (edits) => { events, conflicts }
  #transcript;
  #waiting = new Map(); // utterance id -> { key, id, text, base }
  #sent = new Map(); // the same, of what is on its way
  #taken = new Map(); // the same, taken by the server and not told by it yet, with `revision`
  #made = new Map(); // utterance id -> the revision that the last change of this page made
  #readings = new WeakMap(); // utterance -> what it reads as
  #attempts = 0;
  #timer = 0;
  #busy = false;
  #closed = false;

  /** Utterance key -> { mine, theirs }: what somebody else changed in the meantime. */
  conflicts = new Map();
  failure = null; // why the last change was refused for good

  constructor(send, transcript) {
    super();
    this.#send = send;
    this.#transcript = transcript;
    transcript.addEventListener("utterance", ({ detail }) => this.#told(detail));
    transcript.addEventListener("reset", () => this.#toldAll());
  }

  /** saved | saving | offline */
  get state() {
    if (this.#waiting.size + this.#sent.size === 0) return "saved";
    return this.#attempts > 0 ? "offline" : "saving";
  }

  /** How many changes nobody but this page has. */
  get size() { return this.#waiting.size + this.#sent.size; }

  /** What an utterance reads as, with what is still on its way. */
  reading(utterance) {
    const { id } = utterance;
    const mine = this.#waiting.get(id) ?? this.#sent.get(id) ?? this.#taken.get(id);
    if (!mine || mine.text === utterance.text) return utterance;
    const known = this.#readings.get(utterance);
    if (known?.text === mine.text) return known; // the same object as long as nothing changes
    const reading = { ...utterance, text: mine.text };
    this.#readings.set(utterance, reading);
    return reading;
  }

  /** The revision that a change of this utterance is based on now. */
  base({ id, revision }) {
    return Math.max(revision, this.#taken.get(id)?.revision ?? 0);
  }

  /** Take these changes: `[{ key, id, text, base }]`. */
  put(edits) {
    for (const edit of edits) this.#waiting.set(edit.id, edit);
    this.#changed();
    this.#pump();
  }

  /** The server told how an utterance reads: what it has taken needs to be kept no longer. */
  #told({ id, revision }) {
    if ((this.#taken.get(id)?.revision ?? Infinity) <= revision) this.#taken.delete(id);
  }

  #toldAll() {
    for (const { key } of this.#taken.values()) {
      const utterance = this.#transcript.utterance(key);
      if (utterance) this.#told(utterance);
    }
  }

  /** Settle a conflict: somebody's own reading once more, or the other one. */
  settle(key, mine) {
    const conflict = this.conflicts.get(key);
    this.conflicts.delete(key);
    if (!mine || !conflict) return this.#changed();
    const { id, revision } = conflict.theirs;
    return this.put([{ key, id, text: conflict.mine, base: revision }]);
  }

  /** Try now: the line may be back. */
  retry = () => {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#pump();
  };

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #pump() {
    if (this.#busy || this.#timer || this.#waiting.size === 0) return;
    this.#busy = true;
    this.#sent = new Map([...this.#waiting].slice(0, BATCH));
    for (const id of this.#sent.keys()) this.#waiting.delete(id);
    try {
      const edits = [...this.#sent.values()].map((edit) => ({
        utterance: edit.id, text: edit.text, base_revision: this.#baseOf(edit),
      }));
      this.#answered(await this.#send(edits));
      this.#attempts = 0;
    } catch (error) {
      if (error.status === 401 && (await signing.again())) this.#keep();
      else this.#failed(error);
    }
    this.#sent = new Map();
    this.#busy = false;
    this.#changed();
    this.#pump();
  }

  /** A text typed while the one before was on its way stands on that one. */
  #baseOf({ id, base }) {
    return Math.max(base, this.#made.get(id) ?? 0);
  }

  #answered({ events, conflicts }) {
    for (const { event } of events) {
      const edit = this.#sent.get(event.id);
      const revision = event.base_revision + 1;
      this.#made.set(event.id, revision);
      if (edit) this.#taken.set(event.id, { ...edit, revision });
    }
    this.#toldAll(); // it may have come by the stream already
    for (const theirs of conflicts) this.#clash(this.#sent.get(theirs.id), theirs);
  }

  /** A person's reading goes before a machine's: only another person's is asked about. */
  #clash(mine, theirs) {
    if (!mine || mine.text === (theirs.text ?? "")) return;
    const revision = theirs.revision ?? 0; // what is nothing yet is left out of the message
    this.#taken.delete(mine.id);
    if (!theirs.edited_by) {
      if (!this.#waiting.has(mine.id)) this.#waiting.set(mine.id, { ...mine, base: revision });
      return;
    }
    const text = this.#waiting.get(mine.id)?.text ?? mine.text;
    this.#waiting.delete(mine.id);
    this.conflicts.set(mine.key, { mine: text, theirs: { ...theirs, revision } });
    this.dispatchEvent(new CustomEvent("conflict", { detail: mine.key }));
  }

  #failed(error) {
    if (error instanceof HttpError && error.error.code === "conflict") {
      this.#attempts = 0;
      return this.#answered({ events: [], conflicts: error.error.conflicts ?? [] });
    }
    if (error instanceof HttpError && !error.error.retryable) {
      this.failure = { message: error.message, edits: [...this.#sent.values()] };
      this.dispatchEvent(new CustomEvent("failure", { detail: this.failure }));
      return undefined;
    }
    this.#keep();
    const wait = WAITS[Math.min(this.#attempts, WAITS.length - 1)];
    this.#attempts += 1;
    if (!this.#closed) this.#timer = setTimeout(this.retry, wait);
    return undefined;
  }

  /** Send again what was on its way; what was typed since goes before it. */
  #keep() {
    for (const [id, edit] of this.#sent) if (!this.#waiting.has(id)) this.#waiting.set(id, edit);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
