/** The recorder at the foot of the page: button, level, time, and what is true of the line. */

import { setText } from "./dom.js";
import { Level } from "./level.js";
import { MicrophoneError } from "./microphone.js";
import { toast } from "./overlays.js";
import { Recording, wavOf } from "./recorder.js";
import { clock, failureOf, lineTrouble, span } from "./words.js";

const LABELS = { idle: "Record", asking: "Waiting…", recording: "Stop", finishing: "Finishing…" };

export class Dock {
  #base;
  #root;
  #recording = null;
  #last = null; // the Recording that the readout speaks of: this one, or the one before
  #level;
  #state = "idle";
  #online = true;
  #name = "–";
  #refusal = null; // why the last Record did not record

  onbegin = null; // called with the Recording
  onend = null; // called with the Recording when its last word is there

  constructor(root, base) {
    this.#root = root;
    this.#base = base;
    this.#level = new Level(this.#part("level"));
    this.#part("record").addEventListener("click", () => this.toggle());
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
    if (this.#state === "recording") return this.#recording.stop();
    return null;
  }

  async #begin() {
    this.#refusal = null;
    this.#become("asking");
    try {
      this.#follow(await Recording.begin(this.#base));
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
    recording.addEventListener("change", () => this.#draw());
    recording.addEventListener("stopped", ({ detail }) => {
      this.#become("finishing");
      if (detail) toast(detail);
    });
    recording.addEventListener("end", () => this.#ended());
    this.#become("recording");
    this.onbegin?.(recording);
  }

  #ended() {
    const recording = this.#recording;
    this.#recording = null;
    this.#level.clear();
    this.#become("idle");
    if (recording.session.state === "failed") this.#failed(recording);
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
    this.#draw();
  }

  #draw() {
    const recording = this.#recording;
    this.#trouble(recording ? this.#lineTrouble(recording) : this.#idleTrouble());
    setText(this.#part("timer"), clock(recording?.captured ?? 0));
    setText(this.#part("r-line"), this.#line(recording));
    setText(this.#part("r-engine"), this.#name);
    this.#drawReadout(this.#last);
    document.title = recording?.capturing ? `● ${clock(recording.captured)} – Vivavoce` : "Vivavoce";
  }

  #drawReadout(recording) {
    if (!recording) return;
    const { wordDelay, acknowledged, captured } = recording;
    setText(this.#part("r-delay"), wordDelay === null ? "–" : `${wordDelay} ms`);
    setText(this.#part("r-saved"), `${acknowledged.toFixed(1)} of ${span(captured)}`);
  }

  #line(recording) {
    if (!recording) return this.#online ? "Ready" : "Server away";
    const { state, overHttp } = recording.session;
    const words = { connecting: "Connecting", reconnecting: "Reconnecting", finishing: "Last words" };
    return words[state] ?? (overHttp ? "Live (HTTP)" : "Live");
  }

  #lineTrouble({ session, waiting }) {
    if (session.state === "reconnecting") return lineTrouble(session.error, waiting);
    const slow = waiting > 5;
    return slow ? `The line is slow. Your audio is kept: ${span(waiting)} waiting.` : null;
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
