/** A file on its way to text, over the same protocol as the microphone. */

import { HEAD, Pace, refusal } from "./files.js";
import { LiveSession } from "../transcript/live.js";
import { MAX_PAYLOAD } from "../common/protocol.js";
import { SAMPLE_RATE } from "../transcript/transcript.js";
import { failureOf, stateOf } from "../common/words.js";

/** Tells `change`, and `end` once. */
export class Upload extends EventTarget {
  session = null; // null while it waits for its turn
  duration = null; // seconds, where the browser can tell
  refused = null; // why it is not sent, in a sentence
  #cancelled = false;
  #sending = new Pace(); // of bytes
  #reading = new Pace(); // of seconds

  /** `wishes` is what `options.js` gives: `{language, engine, options, tags}`. */
  constructor(file, wishes) {
    super();
    this.file = file;
    this.wishes = wishes;
    this.title = file.name.replace(/\.[^.]+$/, "") || file.name;
  }

  get tags() { return this.wishes.tags; }
  get over() { return this.#cancelled || this.refused !== null || (this.session?.over ?? false); }

  /** waiting | sending | reading | done | failed | cancelled */
  get phase() {
    if (this.#cancelled) return "cancelled";
    if (this.refused !== null) return "failed";
    if (!this.session) return "waiting";
    if (this.session.over) return this.#well ? this.session.state : "failed";
    return this.session.acknowledged < this.file.size ? "sending" : "reading";
  }

  /** Why it failed, in a sentence. */
  get why() {
    if (this.refused !== null) return this.refused;
    if (this.session.state === "failed") return failureOf(this.session.failure);
    return `${stateOf({ state: "failed", reason: this.session.transcript.ended })}.`;
  }

  /** 0 ... 1, or null where the length of the audio is not known. */
  get progress() {
    if (!this.session) return 0;
    if (this.phase === "done") return 1;
    const sent = this.session.acknowledged / Math.max(1, this.file.size);
    if (this.duration) return 0.1 * sent + 0.9 * Math.min(1, this.#read / this.duration);
    return this.phase === "sending" ? sent : null;
  }

  /** Seconds until it is read, or sent where its length is not known; null: nobody can tell. */
  get left() {
    if (this.phase === "sending" && !this.duration) return this.#sending.left(this.file.size);
    if (!this.duration) return null;
    const reading = this.#reading.left(this.duration);
    const sending = this.phase === "sending" ? this.#sending.left(this.file.size) : 0;
    return reading === null || sending === null ? null : Math.max(reading, sending);
  }

  /** Sends the file, unless it is plain that it cannot be read. Returns when it is over. */
  async run(base, limit) {
    if (this.#cancelled) return;
    const head = new Uint8Array(await this.file.slice(0, HEAD).arrayBuffer().catch(() => new ArrayBuffer(0)));
    this.refused = refusal({ size: this.file.size, head, limit });
    if (this.refused !== null || this.#cancelled) return void this.#changed();
    this.#begin(base);
    const ended = new Promise((resolve) => this.session.addEventListener("end", resolve));
    this.#changed();
    measure(this.file).then((duration) => (this.duration = duration));
    await this.#send();
    await ended;
    this.dispatchEvent(new Event("end"));
  }

  cancel() {
    this.#cancelled = true;
    this.session?.cancel();
    this.#changed();
  }

  get #well() {
    return this.session.state !== "done" || this.session.transcript.ended === "finished";
  }

  get #read() {
    return this.session.transcript.position / SAMPLE_RATE;
  }

  #begin(base) {
    const { language, engine, options } = this.wishes;
    const chosen = { ...options, interims: false, title: this.title };
    const format = { encoding: "container" };
    this.session = new LiveSession(base, { format, language, engine, options: chosen });
    this.session.addEventListener("change", () => this.#got());
  }

  #got() {
    const now = performance.now() / 1000;
    this.#sending.note(now, this.session.acknowledged);
    this.#reading.note(now, this.#read);
    this.#changed();
  }

  async #send() {
    try {
      for (let at = 0; at < this.file.size && !this.session.over; at += MAX_PAYLOAD) {
        const slice = this.file.slice(at, at + MAX_PAYLOAD);
        this.session.push(new Uint8Array(await slice.arrayBuffer()));
        await this.session.room();
      }
      this.session.finish();
    } catch {
      this.refused = "The file can no longer be read: was it moved, changed or deleted?";
      this.session.cancel();
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** The length of a media file in seconds as the browser sees it, or null. */
function measure(file) {
  const url = URL.createObjectURL(file);
  const audio = new Audio();
  return new Promise((resolve) => {
    audio.onloadedmetadata = () => resolve(Number.isFinite(audio.duration) ? audio.duration : null);
    audio.onerror = () => resolve(null);
    audio.preload = "metadata";
    audio.src = url;
  }).finally(() => URL.revokeObjectURL(url));
}
