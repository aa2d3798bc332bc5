/** Plays a recording: one button, one slider, two times. */

import { setIcon, setText } from "./dom.js";
import { clock } from "./words.js";

const RATES = [1, 1.25, 1.5, 2, 0.75];

export class Player {
  #root;
  #audio;
  #button;
  #slider;
  #time;
  #rate;
  #length = 0; // seconds, as the server says; the file itself may not

  ontime = null; // called with seconds while it plays

  constructor(root) {
    this.#root = root;
    this.#audio = root.querySelector("audio");
    this.#button = root.querySelector("[data-play]");
    this.#slider = root.querySelector("[data-seek]");
    this.#time = root.querySelector("[data-time]");
    this.#rate = root.querySelector("[data-rate]");
    this.#button.addEventListener("click", () => this.toggle());
    this.#slider.addEventListener("input", () => (this.#audio.currentTime = this.#slider.value));
    this.#rate.addEventListener("click", () => this.#nextRate());
    for (const type of ["play", "pause", "timeupdate", "durationchange", "ended"]) {
      this.#audio.addEventListener(type, () => this.#draw());
    }
  }

  get playing() { return !this.#audio.paused; }

  /** Load this audio; null: none, and out of sight. */
  load(url, duration = 0) {
    this.#root.hidden = url === null;
    if ((url ?? "") === (this.#audio.getAttribute("src") ?? "")) return;
    this.#audio.pause();
    this.#length = duration;
    if (url === null) this.#audio.removeAttribute("src");
    else this.#audio.src = url;
    this.#draw();
  }

  toggle() {
    if (this.playing) this.#audio.pause();
    else this.#play();
  }

  pause() {
    this.#audio.pause();
  }

  playFrom(seconds) {
    if (this.#root.hidden) return;
    this.#audio.currentTime = seconds;
    this.#play();
  }

  #play() {
    // A new source while the old one was about to play aborts the promise; that is no error.
    this.#audio.play().catch(() => this.#draw());
  }

  #nextRate() {
    const next = RATES[(RATES.indexOf(this.#audio.playbackRate) + 1) % RATES.length];
    this.#audio.defaultPlaybackRate = this.#audio.playbackRate = next;
    setText(this.#rate, `${next}×`);
  }

  #draw() {
    const { currentTime, duration } = this.#audio;
    const length = Number.isFinite(duration) && duration > 0 ? duration : this.#length;
    this.#slider.max = length;
    this.#slider.value = currentTime;
    this.#slider.setAttribute("aria-valuetext", `${clock(currentTime)} of ${clock(length)}`);
    this.#slider.style.setProperty("--done", length ? `${(100 * currentTime) / length}%` : "0%");
    setText(this.#time, `${clock(currentTime)} / ${clock(length)}`);
    setIcon(this.#button, this.playing ? "pause" : "play");
    this.#button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.ontime?.(currentTime, this.playing);
  }
}
