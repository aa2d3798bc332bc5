/** Plays a recording: a button, a slider over its waveform, speed, and silence left out. */

import { setIcon, setText } from "../common/dom.js";
import { skipTo } from "./silence.js";
import { Waveform } from "./waveform.js";
import { clock } from "../common/words.js";

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];

export class Player {
  #root;
  #audio;
  #button;
  #slider;
  #time;
  #rate;
  #skip;
  #waveform;
  #length = 0; // seconds, as the server says; the file itself may not
  #cue = null; // seconds at which the next sound to be loaded is to stand
  #frame = 0;

  ontime = null; // called with seconds, and whether it plays, as it goes on
  onrate = null; // called with the button when another speed is wanted
  speech = () => []; // where somebody speaks, in seconds: `[{ start, end }]`

  constructor(root) {
    this.#root = root;
    this.#audio = root.querySelector("audio");
    this.#button = root.querySelector("[data-play]");
    this.#slider = root.querySelector("[data-seek]");
    this.#time = root.querySelector("[data-time]");
    this.#rate = root.querySelector("[data-rate]");
    this.#skip = root.querySelector("[data-skip]");
    this.#waveform = new Waveform(root.querySelector("canvas"));
    this.#audio.preservesPitch = true;
    this.#button.addEventListener("click", () => this.toggle());
    this.#slider.addEventListener("input", () => this.seek(Number(this.#slider.value)));
    this.#rate.addEventListener("click", () => this.onrate?.(this.#rate));
    this.#skip.addEventListener("click", () => this.#toggleSkip());
    for (const type of ["play", "pause", "timeupdate", "durationchange", "ended", "seeking"]) {
      this.#audio.addEventListener(type, () => this.#draw());
    }
    this.#audio.addEventListener("play", () => this.#run());
  }

  get loaded() { return !this.#root.hidden; }
  get playing() { return !this.#audio.paused; }
  get position() { return this.#audio.currentTime; }
  get rate() { return this.#audio.playbackRate; }
  get skipping() { return this.#skip.getAttribute("aria-pressed") === "true"; }

  set rate(rate) {
    this.#audio.defaultPlaybackRate = this.#audio.playbackRate = rate;
    setText(this.#rate, `${rate}×`);
    this.#rate.setAttribute("aria-label", `Speed, ${rate} times`);
  }

  /** Load this audio; null: none, and out of sight. */
  load(url, duration = 0) {
    this.#root.hidden = url === null;
    if ((url ?? "") === (this.#audio.getAttribute("src") ?? "")) return false;
    this.#audio.pause();
    this.#length = duration;
    this.#waveform.show(null);
    if (url === null) this.#audio.removeAttribute("src");
    else this.#audio.src = url;
    if (url !== null && this.#cue !== null) this.cue(this.#cue);
    this.#draw();
    return true;
  }

  /** The loudness over its length, to be drawn. */
  set peaks(peaks) { this.#waveform.show(peaks); }

  toggle() {
    if (this.playing) this.#audio.pause();
    else this.#play();
  }

  pause() {
    this.#audio.pause();
  }

  seek(seconds) {
    if (!this.loaded) return;
    this.#audio.currentTime = Math.min(Math.max(0, seconds), this.#duration);
  }

  /** Stand at this second, as soon as there is a sound to stand in; null: not any more. */
  cue(seconds) {
    this.#cue = this.loaded ? null : seconds;
    if (this.loaded && seconds !== null) this.#audio.currentTime = seconds;
  }

  playFrom(seconds) {
    if (!this.loaded) return;
    this.#audio.currentTime = seconds;
    this.#play();
  }

  /** The next speed up (1) or down (-1). */
  faster(by) {
    const index = RATES.indexOf(this.rate) + by;
    this.rate = RATES[Math.min(Math.max(0, index), RATES.length - 1)];
  }

  get #duration() {
    const { duration } = this.#audio;
    return Number.isFinite(duration) && duration > 0 ? duration : this.#length;
  }

  #play() {
    // A new source while the old one was about to play aborts the promise; that is no error.
    this.#audio.play().catch(() => this.#draw());
  }

  #toggleSkip() {
    this.#skip.setAttribute("aria-pressed", String(!this.skipping));
  }

  /** While it plays, in every frame: words are shorter than the time between `timeupdate`s. */
  #run() {
    cancelAnimationFrame(this.#frame);
    if (!this.playing) return;
    const { currentTime } = this.#audio;
    const next = this.skipping ? skipTo(this.speech(), currentTime) : null;
    if (next !== null) this.#audio.currentTime = next;
    this.ontime?.(currentTime, true);
    this.#frame = requestAnimationFrame(() => this.#run());
  }

  #draw() {
    const { currentTime } = this.#audio;
    const length = this.#duration;
    this.#slider.max = length;
    this.#slider.value = currentTime;
    this.#slider.setAttribute("aria-valuetext", `${clock(currentTime)} of ${clock(length)}`);
    this.#slider.style.setProperty("--done", length ? `${(100 * currentTime) / length}%` : "0%");
    this.#waveform.heard = length ? currentTime / length : 0;
    setText(this.#time, `${clock(currentTime)} / ${clock(length)}`);
    setIcon(this.#button, this.playing ? "pause" : "play");
    this.#button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.ontime?.(currentTime, this.playing);
  }
}
