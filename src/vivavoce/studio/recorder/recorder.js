/** Microphone to session: one recording from Record to the last word. */

import { LiveSession } from "../transcript/live.js";
import { Microphone } from "./microphone.js";
import { SAMPLE_RATE } from "../transcript/transcript.js";
import { Tally } from "./tally.js";
import { clock, titleAt } from "../common/words.js";

const BLOCK = 0.1; // seconds between blocks of the microphone
const MOST_WAITING = 30 * 60; // seconds of audio kept in the page; then recording stops

/**
 * `wishes` is what `options.js` makes of what a person chose: `{device, language, engine,
 * options}`. Tells `change`, `level` (detail: 0 ... 1), `stopped` (detail: why, or null) when no more is
 * captured, and `end` when the last word is there.
 */
export class Recording extends EventTarget {
  #microphone;
  #captured = 0; // samples at `rate`
  #lastBlock = 0; // when it came, ms
  #wakeLock = null;
  #obeys; // whether spoken commands are obeyed
  #stopping = null;
  #pausing = null; // a promise while it is paused: that the last block is here
  #pausedAt = 0; // ms

  tally = new Tally();

  #shownTo = 0; // samples at 16 kHz that the shown interims cover
  wordDelay = null; // ms from the moment a word can have begun until it was shown, at most

  /** Opens the microphone, then the line: what is said meanwhile waits in the session. */
  static async begin(base, wishes) {
    const microphone = await Microphone.open(wishes.device);
    return new Recording(base, microphone, wishes);
  }

  constructor(base, microphone, { language, engine, options, tags = [] } = {}) {
    super();
    this.tags = tags;
    this.#obeys = options?.voice_commands ?? false;
    this.#microphone = microphone;
    this.rate = microphone.rate;
    const format = { encoding: "pcm_s16le", rate: this.rate, channels: 1 };
    this.title = options?.title ?? titleAt(new Date());
    const chosen = { interims: true, ...options, title: this.title };
    this.session = new LiveSession(base, { format, language, engine, options: chosen });
    this.session.addEventListener("change", () => this.#tell("change"));
    this.session.addEventListener("event", ({ detail }) => this.tally.event(detail));
    this.session.addEventListener("part", ({ detail }) => this.#forgotten(base, detail));
    this.session.addEventListener("end", () => this.#ended());
    microphone.addEventListener("block", ({ detail }) => this.#take(detail));
    microphone.addEventListener("lost", () =>
      this.stop("The microphone went away. What was said until then is kept."));
    document.addEventListener("visibilitychange", this.#stayAwake);
    this.#stayAwake();
  }

  get paused() { return this.#pausing !== null; }
  get capturing() { return this.#stopping === null; }
  get captured() { return this.#captured / this.rate; } // seconds
  /** Seconds spoken so far: what is captured, and what the block under way has of it. */
  get now() {
    const since = Math.min(BLOCK, (performance.now() - this.#lastBlock) / 1000);
    return this.captured + (this.capturing && !this.paused ? since : 0);
  }

  get acknowledged() { return this.session.acknowledged / this.session.bytesPerSecond; }
  get waiting() { return this.session.waiting / this.session.bytesPerSecond; }
  get lostSamples() { return this.tally.lostSamples(this); }

  /** Called with an interim that has just been shown: how long did what is new in it wait? */
  shown({ start, end }) {
    if (end <= this.#shownTo) return;
    const from = Math.max(start, this.#shownTo);
    this.wordDelay = Math.max(0, Math.round((this.now - from / SAMPLE_RATE) * 1000));
    this.#shownTo = end;
  }

  /** Hear nothing, and send nothing, until `resume`. The session stays. */
  pause() {
    if (this.paused || !this.capturing) return;
    this.#pausedAt = performance.now();
    this.#pausing = this.#microphone.pause().then(() => this.session.hold());
    this.#tell("change");
  }

  /** Goes on in the same session, with a marker that says how long nobody listened. */
  async resume() {
    await this.#pausing;
    if (!this.paused || !this.capturing) return;
    this.#pausing = null;
    const away = (performance.now() - this.#pausedAt) / 1000;
    this.session.mark(`Paused for ${clock(away)}`);
    this.session.goOn();
    this.#microphone.resume();
    this.#tell("change");
  }

  /** Note a moment, in `seconds` of this recording. */
  mark(label, seconds = this.now) {
    if (this.capturing) this.session.mark(label, seconds);
  }

  stop(why = null) {
    this.#stopping ??= this.#stop(why);
    return this.#stopping;
  }

  async #stop(why) {
    document.removeEventListener("visibilitychange", this.#stayAwake);
    this.#wakeLock?.release();
    await this.#pausing;
    await this.#microphone.stop();
    this.session.finish();
    this.#tell("stopped", why);
  }

  #take({ pcm, peak }) {
    this.#captured += pcm.byteLength / 2;
    this.#lastBlock = performance.now();
    this.session.push(new Uint8Array(pcm));
    this.#tell("level", peak);
    if (this.waiting > MOST_WAITING && this.capturing) {
      this.stop(
        "Recording stopped: the server has not answered for half an hour. All of it is kept in this page and will be sent when the server is back. Leave this page open.",
      );
    }
  }

  async #ended() {
    const early = this.capturing && this.session.state === "done";
    await this.stop(early ? this.#whyEnded : null);
    this.#tell("end");
  }

  get #whyEnded() {
    const said = this.#obeys && this.session.transcript.ended === "finished";
    return said ? "You said so: the recording has ended." : "The server ended this recording. What it has is kept.";
  }

  /** Another session goes on. What the one before had, it may have lost. */
  async #forgotten(base, { session, seconds }) {
    if (!session || seconds === 0) return;
    let kept = 0;
    try {
      const response = await fetch(new URL(`api/v1/recordings/${session}`, base));
      const { state, duration } = response.ok ? await response.json() : {};
      if (state === "live" || state === "transcribing") kept = seconds;
      else if (state === "done") kept = duration;
    } catch {
      return; // nobody knows
    }
    this.tally.forget(Math.max(0, seconds - kept));
    this.#tell("change");
  }

  /** The screen stays on. Browsers take the lock away while the page is hidden. */
  #stayAwake = async () => {
    if (document.hidden || !navigator.wakeLock) return;
    try {
      const lock = await navigator.wakeLock.request("screen");
      if (this.capturing) this.#wakeLock = lock;
      else lock.release();
    } catch {
      // The battery is low, or the browser does not allow it: the recording goes on.
    }
  };

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Audio that never reached a server, as a WAV file. */
export function wavOf(frames, rate) {
  const size = frames.reduce((sum, frame) => sum + frame.byteLength, 0);
  const head = new DataView(new ArrayBuffer(44));
  const text = (at, letters) => [...letters].forEach((c, i) => head.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  head.setUint32(4, 36 + size, true);
  text(8, "WAVEfmt ");
  head.setUint32(16, 16, true); // bytes of the format
  head.setUint16(20, 1, true); // PCM
  head.setUint16(22, 1, true); // channels
  head.setUint32(24, rate, true);
  head.setUint32(28, 2 * rate, true); // bytes a second
  head.setUint16(32, 2, true); // bytes a sample
  head.setUint16(34, 16, true); // bits a sample
  text(36, "data");
  head.setUint32(40, size, true);
  return new Blob([head, ...frames], { type: "audio/wav" });
}
