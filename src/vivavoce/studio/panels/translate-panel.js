/** A recording in another language: asked for here, shown under its words. */

import { bar, button, choice, field, form, modelSetUp, nothingTo, poll, say, Trouble } from "../common/forms.js";
import { h } from "../common/dom.js";
import { named, nameOf } from "../common/languages.js";
import { recall, remember } from "../common/storage.js";

const KEY = "vivavoce.translate-to";
const EVERY = 1000; // ms between looks while one is made

export class TranslatePanel {
  name = "translate";
  needs = "transcribe";
  title = "Translate";
  icon = "language";
  #server;
  #subject = null;
  #looking = AbortSignal.abort();
  #jobs = [];
  #drawn = "";
  #trouble = new Trouble();
  #language = choice("to", named(["*"]), recall(KEY) ?? navigator.language.split("-")[0]);
  #list = h("ul", { class: "rows" });
  #form = form(() => this.#ask(), field("Language", this.#language), h("div", { class: "row" }, button("Translate", null, { kind: "button strong", type: "submit" })));
  #notes = h("div", { hidden: true }, h("p", {}, "There is no language model here, so nothing can be translated."), modelSetUp());

  onshow = null; // called with a language that is to be shown under the words

  constructor(server) {
    this.#server = server;
    this.making = h("div", {}, this.#form, this.#notes);
    this.element = h("div", {}, this.making, this.#trouble.element, this.#list);
  }

  lacks(subject) { return nothingTo("to translate", subject); }

  show(subject) {
    this.#subject = subject;
    this.#jobs = [];
    this.#drawn = "";
    this.#list.replaceChildren();
    this.#trouble.clear();
  }

  async open(signal) {
    this.#looking = signal;
    try {
      const { language_model: model } = await this.#server.info();
      this.#form.hidden = model === null;
      this.#notes.hidden = model !== null;
    } catch (error) {
      if (!signal.aborted) this.#trouble.say(error);
    }
    this.#watch();
  }

  draw() {
    const rows = this.#rows;
    const drawn = JSON.stringify(rows);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.closest("li").dataset.language : null;
    this.#list.replaceChildren(...rows.map((row) => this.#row(row)));
    if (focused) this.#list.querySelector(`[data-language="${CSS.escape(focused)}"] button`)?.focus();
  }

  /** What is made now, and what is there already: `{ language, state, done, total, message }`. */
  get #rows() {
    const { utterances } = this.#subject.transcript;
    const there = new Map();
    for (const { translations } of utterances) {
      for (const language of Object.keys(translations ?? {})) there.set(language, (there.get(language) ?? 0) + 1);
    }
    const known = new Set(this.#jobs.map(({ language }) => language));
    const others = [...there].filter(([language]) => !known.has(language));
    return [
      ...this.#jobs.map((job) => ({ ...job, there: there.has(job.language) })),
      ...others.map(([language, done]) => ({ language, state: "there", done, total: utterances.length, message: "", there: true })),
    ];
  }

  #row({ language, state, done, total, message, there }) {
    const name = nameOf(language);
    const running = state === "running";
    const live = running && this.#subject.recording?.state === "live";
    const words = running && !live && total > 0 ? `${done} of ${total} sentences` : STATES[live ? "live" : state](done, total);
    const shown = there ? button(`Show ${name}`, () => this.#show(language)) : null;
    const again = state === "failed" ? button("Try again", () => this.#ask(language)) : null;
    return h("li", { "data-language": language },
      h("div", { class: "what" }, h("b", {}, name), h("span", { class: "meta" }, words)),
      h("div", { class: "row end" }, again, shown),
      running && !live ? bar(`Translation into ${name}`, total ? done / total : null) : null,
      message ? h("p", { class: "wrong" }, message) : null);
  }

  async #ask(language = this.#language.value) {
    this.#trouble.clear();
    remember(KEY, language);
    try {
      const job = await this.#server.translate(this.#subject.id, language);
      this.#jobs = [job, ...this.#jobs.filter((each) => each.language !== language)];
    } catch (error) {
      return this.#trouble.say(error);
    }
    say(`It is being translated into ${nameOf(language)}.`);
    this.#show(language);
    this.draw();
    this.#watch();
    return undefined;
  }

  #show(language) { this.onshow?.(language); }

  /** Look how far they are, as long as one is made and somebody looks. */
  #watch() {
    const signal = this.#looking;
    const subject = this.#subject;
    poll(async () => {
      try {
        const jobs = await this.#server.translations(subject.id);
        if (signal.aborted) return null;
        this.#jobs = jobs;
        this.draw();
        return signal === this.#looking && jobs.some(({ state }) => state === "running") ? EVERY : null;
      } catch (error) {
        if (!signal.aborted) this.#trouble.say(error);
        return error.status ? null : 4 * EVERY;
      }
    }, signal);
  }
}

const STATES = {
  running: () => "It begins…",
  live: (done) => `As it is spoken; ${done} sentences so far`,
  done: (done, total) => (total ? "All of it" : "Nothing had to be translated"),
  there: (done, total) => (done < total ? `${done} of ${total} sentences` : "All of it"),
  failed: () => "It failed",
};
