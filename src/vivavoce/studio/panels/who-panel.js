/** Who speaks: telling voices apart, how far that is, and what came of it. */

import { bar, button, choice, field, form, nothingTo, poll, say, Trouble } from "../common/forms.js";
import { h } from "../common/dom.js";
import { labelsIn, speakersOf } from "../transcript/speakers.js";
import { SAMPLE_RATE } from "../transcript/transcript.js";
import { clock } from "../common/words.js";

const RUNNING = 1000; // ms between looks while it runs
const WAITING = 3000; // ms, while it waits
const COUNTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20];

export class WhoPanel {
  name = "who";
  needs = "transcribe";
  title = "Who speaks";
  tab = "Speakers";
  icon = "people";
  #server;
  #subject = null;
  #looking = AbortSignal.abort();
  #state = null; // as the server says it; null: not yet
  #busy = false; // whether the recording was, when it was looked at
  #watched = 0; // the number of the watch that counts
  #trouble = new Trouble();
  #count = choice("speakers", [["", "Nobody knows how many"], ...COUNTS.map((n) => [String(n), String(n)])]);
  #start = button("Tell who speaks", null, { kind: "button strong", type: "submit" });
  #form = form(() => this.#ask(), field("Speakers", this.#count), h("div", { class: "row" }, this.#start));
  #going = h("div", { class: "going" });
  #found = h("div", { class: "found" });

  constructor(server) {
    this.#server = server;
    this.making = h("div", {}, this.#form);
    this.element = h("div", {}, this.making, this.#trouble.element, this.#going, this.#found);
  }

  lacks(subject) { return this.#live ? null : nothingTo("to tell apart", subject); }

  show(subject) {
    this.#subject = subject;
    this.#state = null;
    this.#trouble.clear();
    this.#going.replaceChildren();
    this.#found.replaceChildren();
    this.#form.hidden = false;
  }

  open(signal) {
    this.#looking = signal;
    this.#watch();
  }

  draw() {
    if (this.#busy !== this.#live && !this.#looking.aborted) this.#watch(); // it has begun, or ended
    const { transcript } = this.#subject;
    const speakers = speakersOf(transcript.utterances, transcript.names);
    const state = this.#state?.state ?? "none";
    const under = state === "waiting" || state === "running";
    const left = !under && this.#going.contains(document.activeElement); // who could call it off
    this.#form.hidden = under;
    this.#start.textContent = speakers.length > 0 ? "Tell them apart anew" : "Tell who speaks";
    replace(this.#going, this.#about(state, speakers));
    replace(this.#found, speakers.length > 0 ? [this.#list(speakers)] : []);
    if (left) this.#start.focus();
  }

  get #live() { return ["live", "transcribing"].includes(this.#subject.recording?.state); }

  /** What is to be said of how far it is. */
  #about(state, speakers) {
    const { message, progress = 0, seconds_left: left } = this.#state ?? {};
    if (state === "none" && !this.#live) return [];
    if (state === "none") return [h("p", { class: "meta" }, "It begins when the recording has ended.")];
    if (state === "failed") return [h("p", { class: "wrong" }, `It failed. ${message ?? ""}`)];
    if (state === "cancelled") return [h("p", { class: "meta" }, "It was called off.")];
    if (state === "done") return [h("p", { class: "meta" }, speakers.length ? "Voices keep their labels, and what people have said of speakers stands, if it is told anew." : "No voices were found.")];
    const cancel = h("div", { class: "row" }, button("Call it off", () => this.#cancel()));
    if (state === "waiting" && this.#live) return [h("p", {}, speakers.length ? "It is told while they speak, and heard once more when the recording has ended." : "Who speaks will be told when the recording has ended."), cancel];
    if (state === "waiting") return [h("p", {}, "It waits for its turn: others are heard first."), bar("Telling who speaks", null), cancel];
    return [h("p", {}, `Voices are being told apart: ${Math.round(100 * progress)} %${remaining(left)}`), bar("Telling who speaks", progress), cancel];
  }

  #list(speakers) {
    const spoken = timesOf(this.#subject.transcript.utterances);
    const all = [...spoken.values()].reduce((sum, time) => sum + time, 0);
    const rows = speakers.map(({ name, labels, colour }) => {
      const time = labels.reduce((sum, label) => sum + (spoken.get(label) ?? 0), 0);
      const share = all ? ` · ${Math.round((100 * time) / all)} %` : "";
      return h("li", { "data-colour": colour }, h("b", {}, name), h("span", { class: "meta" }, `${clock(time / SAMPLE_RATE)}${share}`));
    });
    const title = speakers.length === 1 ? "One speaker" : `${speakers.length} speakers`;
    const help = h("p", { class: "meta" }, "Press a name in the text to rename it, or to give a passage to somebody else.");
    return h("section", {}, h("h3", {}, title), h("ul", { class: "voices" }, ...rows), help);
  }

  async #ask() {
    await this.#tell(() => this.#server.diarize(this.#subject.id, Number(this.#count.value) || null), "Voices are being told apart.");
  }

  async #cancel() {
    await this.#tell(() => this.#server.cancelDiarization(this.#subject.id), "It is called off.");
  }

  async #tell(call, words) {
    const subject = this.#subject;
    this.#trouble.clear();
    try {
      const state = await call();
      if (subject !== this.#subject) return;
      this.#state = state;
      say(words);
      this.draw();
      this.#watch();
    } catch (error) {
      if (subject === this.#subject) this.#trouble.say(error);
    }
  }

  #watch() {
    const signal = this.#looking;
    const mine = ++this.#watched;
    this.#busy = this.#live;
    poll(async () => {
      try {
        const state = await this.#server.diarization(this.#subject.id);
        if (signal.aborted || mine !== this.#watched) return null;
        const over = this.#state?.state === "running" && state.state === "done";
        this.#state = state;
        this.draw();
        if (over) say(`It is told: ${labelsIn(this.#subject.transcript.utterances).length} speakers.`);
        return { running: RUNNING, waiting: WAITING }[state.state] ?? null;
      } catch (error) {
        if (signal.aborted || mine !== this.#watched) return null;
        this.#trouble.say(error);
        return error.status ? null : WAITING;
      }
    }, signal);
  }
}

/** Samples that each label speaks. */
function timesOf(utterances) {
  const times = new Map();
  const add = (label, time) => label && times.set(label, (times.get(label) ?? 0) + Math.max(0, time));
  for (const { speaker, start, end, words = [] } of utterances) {
    if (!words.some((word) => word.speaker)) add(speaker, end - start);
    else for (const word of words) add(word.speaker ?? speaker, word.end - word.start);
  }
  return times;
}

function remaining(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 60) return ", less than a minute left";
  const minutes = Math.round(seconds / 60);
  return minutes === 1 ? ", about a minute left" : `, about ${minutes} minutes left`;
}

/** Other children, only where they read otherwise: the focus and a screen reader stay. */
function replace(element, children) {
  const key = children.map((child) => child.outerHTML).join("");
  if (element.drawn === key) return;
  const focused = element.contains(document.activeElement);
  element.drawn = key;
  element.replaceChildren(...children);
  if (focused) element.querySelector("button")?.focus();
}
