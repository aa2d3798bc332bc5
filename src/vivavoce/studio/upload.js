/** A file on its way to text, over the same protocol as the microphone. */

import { LiveSession } from "./live.js";
import { MAX_PAYLOAD } from "./protocol.js";
import { SAMPLE_RATE } from "./transcript.js";

/** Tells `change`, and `end` once. */
export class Upload extends EventTarget {
  session = null; // null while it waits for its turn
  duration = null; // seconds, where the browser can tell
  #cancelled = false;

  constructor(file) {
    super();
    this.file = file;
    this.title = file.name.replace(/\.[^.]+$/, "") || file.name;
  }

  get over() { return this.#cancelled || (this.session?.over ?? false); }

  /** waiting | sending | reading | done | failed | cancelled */
  get phase() {
    if (this.#cancelled) return "cancelled";
    if (!this.session) return "waiting";
    if (this.session.over) return this.session.state;
    return this.session.acknowledged < this.file.size ? "sending" : "reading";
  }

  /** 0 ... 1, or null where the length of the audio is not known. */
  get progress() {
    if (!this.session) return 0;
    if (this.phase === "done") return 1;
    const sent = this.session.acknowledged / Math.max(1, this.file.size);
    const read = this.session.transcript.position / SAMPLE_RATE;
    if (this.duration) return 0.1 * sent + 0.9 * Math.min(1, read / this.duration);
    return this.phase === "sending" ? sent : null;
  }

  /** Sends the file. Returns when the session is over. */
  async run(base) {
    if (this.#cancelled) return;
    const format = { encoding: "container" };
    const options = { interims: false, title: this.title };
    this.session = new LiveSession(base, { format, options });
    this.session.addEventListener("change", () => this.#changed());
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

  async #send() {
    for (let at = 0; at < this.file.size && !this.session.over; at += MAX_PAYLOAD) {
      const slice = this.file.slice(at, at + MAX_PAYLOAD);
      this.session.push(new Uint8Array(await slice.arrayBuffer()));
      await this.session.room();
    }
    this.session.finish();
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
