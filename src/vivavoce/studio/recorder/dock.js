/** The recorder at the foot of the page: button, level, time, and what is true of the line. */

import { setIcon, setText } from "../common/dom.js";
import { Level } from "./level.js";
import { Marking } from "./marking.js";
import { MicrophoneError } from "./microphone.js";
import { toast } from "../common/overlays.js";
import { Recording, wavOf } from "./recorder.js";
import { lineOf, lostOf, stateOf, switchOf, troubleOf } from "./status.js";
import { clock, failureOf, span } from "../common/words.js";

const LABELS = {
  idle: "Record", asking: "Waiting…", recording: "Stop", paused: "Stop", finishing: "Finishing…",
};

export class Dock {
  #base;
  #root;
  #options;
  #marking;
  #recording = null;
  #last = null; // the Recording that the readout speaks of: this one, or the one before
  #level;
  #state = "idle";
  #online = true;
  #name = "–";
  #refusal = null; // why the last Record did not record
  #said = ""; // the state that was told aloud

  onbegin = null; // called with the Recording
  onend = null; // called with the Recording when its last word is there

  /** @param options the OptionsSheet */
  constructor(root, base, options) {
    this.#root = root;
    this.#base = base;
    this.#options = options;
    this.#marking = new Marking(this.#part("label"));
    this.#marking.onmarked = (at) => this.#say(`Marked at ${clock(at)}.`);
    this.#level = new Level(this.#part("level"));
    this.#part("record").addEventListener("click", () => this.toggle());
    this.#part("pause").addEventListener("click", () => this.pause());
    this.#part("mark").addEventListener("click", () => this.mark());
    addEventListener("keydown", (event) => this.#key(event));
    this.#draw();
  }

  get recording() { return this.#recording; }
  get busy() { return this.#state !== "idle"; }

  set online(online) {
    this.#online = online;
    this.#draw();
  }

  set engine(name) {
    this.#name = name;
    this.#draw();
  }

  toggle() {
    if (this.#state === "idle") return this.#begin();
    if (this.#state !== "recording" && this.#state !== "paused") return null;
    this.#marking.settle();
    return this.#recording.stop();
  }

  /** Pause, or go on. Says whether there was something to. */
  pause() {
    if (this.#state === "recording") this.#recording.pause();
    else if (this.#state === "paused") this.#recording.resume();
    else return false;
    return true;
  }

  /** Mark this moment. Says whether there is one. */
  mark() {
    const runs = this.#state === "recording" || this.#state === "paused";
    if (runs) this.#marking.begin(this.#recording);
    return runs;
  }

  async #begin() {
    this.#refusal = null;
    this.#become("asking");
    await this.#options.close(false); // it may have the microphone
    try {
      this.#follow(await Recording.begin(this.#base, this.#options.wishes(true)));
      this.#options.used();
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      this.#refusal = error.message;
      this.#become("idle");
    }
  }

  #follow(recording) {
    this.#recording = this.#last = recording;
    this.#level.clear();
    recording.addEventListener("level", ({ detail }) => {
      this.#level.push(detail);
      this.#draw();
    });
    recording.addEventListener("change", () => this.#changed(recording));
    recording.session.addEventListener("event", ({ detail }) => {
      if (detail.type === "engine_switched") toast(switchOf(detail));
    });
    recording.addEventListener("stopped", ({ detail }) => {
      this.#marking.settle();
      this.#become("finishing");
      if (detail) toast(detail);
    });
    recording.addEventListener("end", () => this.#ended());
    this.#become("recording");
    this.onbegin?.(recording);
  }

  #changed({ capturing, paused }) {
    if (capturing && paused !== (this.#state === "paused")) this.#become(paused ? "paused" : "recording");
    else this.#draw();
  }

  #ended() {
    const recording = this.#recording;
    this.#recording = null;
    this.#level.clear();
    this.#become("idle");
    if (recording.session.state === "failed") this.#failed(recording);
    else this.#say("The recording has ended.");
    this.onend?.(recording);
  }

  #failed({ session, rate }) {
    const frames = session.keptFrames;
    const words = failureOf(session.failure);
    if (frames.length === 0) return toast(words);
    const kept = span(session.waiting / session.bytesPerSecond);
    const save = () => saveAs(wavOf(frames, rate), "vivavoce-unsent.wav");
    return toast(`${words} ${kept} of audio did not reach it.`, { label: "Save it as WAV", run: save });
  }

  #become(state) {
    this.#state = state;
    this.#root.dataset.state = state;
    setText(this.#part("record").lastElementChild, LABELS[state]);
    this.#part("record").setAttribute("aria-disabled", String(state === "asking" || state === "finishing"));
    const paused = state === "paused";
    setIcon(this.#part("pause"), paused ? "mic" : "pause");
    this.#part("pause").setAttribute("aria-label", paused ? "Go on recording" : "Pause");
    this.#part("pause").title = paused ? "Go on recording (P)" : "Pause (P)";
    this.#tellSystem(state);
    this.#draw();
  }

  #draw() {
    const recording = this.#recording;
    this.#trouble(recording ? troubleOf(recording) : this.#idleTrouble());
    this.#sayState(stateOf(recording, this.#state) || (this.#idleTrouble() ?? ""));
    setText(this.#part("timer"), clock(recording?.captured ?? 0));
    const about = { online: this.#online, paused: this.#state === "paused" };
    setText(this.#part("r-line"), lineOf(recording?.session ?? null, about));
    setText(this.#part("r-engine"), this.#name);
    this.#drawReadout(this.#last);
    const sign = recording?.paused ? "❚❚" : "●";
    document.title = recording?.capturing ? `${sign} ${clock(recording.captured)} – Vivavoce` : "Vivavoce";
  }

  #drawReadout(recording) {
    if (!recording) return;
    const { wordDelay, acknowledged, captured, lostSamples } = recording;
    setText(this.#part("r-delay"), wordDelay === null ? "–" : `${wordDelay} ms`);
    const saved = captured < 60 ? acknowledged.toFixed(1) : clock(acknowledged);
    setText(this.#part("r-saved"), `${saved} of ${span(captured)}`);
    Object.assign(this.#part("r-saved").dataset, { saved: acknowledged.toFixed(1), captured: captured.toFixed(1) });
    setText(this.#part("r-lost"), lostOf(lostSamples));
    this.#part("r-lost").classList.toggle("bad", lostSamples > 0);
  }

  /** What a phone shows on its locked screen. */
  #tellSystem(state) {
    const session = navigator.mediaSession;
    if (!session || !globalThis.MediaMetadata) return;
    const on = state === "recording" || state === "paused";
    const title = state === "paused" ? "Paused" : "Recording";
    session.metadata = on ? new MediaMetadata({ title: `${title}: ${this.#recording.title}`, artist: "Vivavoce" }) : null;
    session.setMicrophoneActive?.(state === "recording")?.catch?.(() => {});
  }

  /** For those who are read to: the state, when it is another. */
  #sayState(text) {
    if (text === this.#said) return;
    this.#said = text;
    this.#say(text);
  }

  #say(text) {
    setText(this.#part("states"), text);
  }

  #key(event) {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
    const writing = event.target.closest?.("input, textarea, select, dialog, [role=menu], [contenteditable]");
    const act = { p: () => this.pause(), m: () => this.mark() }[event.key.toLowerCase()];
    if (act && plain && !writing && !event.defaultPrevented && act()) event.preventDefault();
  }

  #idleTrouble() {
    return this.#refusal ?? (this.#online ? null : "The server does not answer. Trying again…");
  }

  #trouble(text) {
    this.#part("trouble").hidden = !text;
    setText(this.#part("trouble"), text ?? "");
  }

  #part(id) { return document.getElementById(id); }
}

function saveAs(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
