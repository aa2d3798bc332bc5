/** Summaries of a recording: made, read, kept and removed. */

import { button, check, choice, copier, field, fill, form, modelSetUp, nothingTo, say, Trouble } from "../common/forms.js";
import { h, setText } from "../common/dom.js";
import { named } from "../common/languages.js";
import { TemplatesForm } from "./templates-form.js";
import { when } from "../common/words.js";
import { written } from "./written.js";

const SETTLE = 1500; // ms after the last change of the words before it is asked what is out of date

export class SummaryPanel {
  name = "summary";
  title = "Summary";
  icon = "summary";
  #server;
  #subject = null;
  #signal = null; // of the subject
  #looking = AbortSignal.abort();
  #model = null;
  #templates = [];
  #kept = new Map(); // id -> { summary, element }, newest first
  #writing = null; // an AbortController
  #changes = 0; // summaries made and removed here
  #timer = 0;
  #state = ""; // of the words, when it was last asked what is out of date
  #trouble = new Trouble();
  #draft = h("div", { class: "made draft", "aria-busy": "true", hidden: true });
  #list = h("div", { class: "list" });
  #wish;
  #notes; // shown where there is no language model
  #editor;

  constructor(server) {
    this.#server = server;
    this.#wish = {
      template: choice("template", []),
      language: choice("language", [["", "In the language spoken"], ...named(["*"])]),
      extract: check("extract", "Only sentences as they were said", "An extract: no language model reads it"),
      make: button("Summarise", null, { kind: "button strong", type: "submit" }),
      stop: button("Stop", () => this.#writing?.abort()),
    };
    this.#editor = new TemplatesForm(server, (name) => this.#readTemplates(name));
    this.making = h("div", {}, this.#form(), this.#editor.element);
    this.element = h("div", {}, this.making, this.#trouble.element, this.#draft, this.#list);
  }

  lacks(subject) { return nothingTo("to summarise", subject); }

  show(subject, signal) {
    this.#writing?.abort();
    this.#writing = null;
    this.#draft.hidden = true;
    this.#subject = subject;
    this.#signal = signal;
    this.#kept.clear();
    this.#list.replaceChildren();
    this.#trouble.clear();
    this.#editor.close();
    this.#state = "";
    clearTimeout(this.#timer);
  }

  async open(signal) {
    this.#looking = signal;
    this.#state = this.#words;
    try {
      const [{ language_model: model }] = await Promise.all([this.#server.info(), this.#readTemplates(), this.#read()]);
      this.#model = model;
      this.#drawForm();
    } catch (error) {
      if (!signal.aborted) this.#trouble.say(error);
    }
  }

  /** The words may have changed: what was made of them before may be out of date. */
  draw() {
    if (this.#kept.size === 0 || this.#looking.aborted || this.#words === this.#state) return;
    this.#state = this.#words;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read().catch(() => {}), SETTLE);
  }

  /** Changes with what summaries are made of. */
  get #words() {
    return this.#subject.transcript.utterances.map(({ text, revision }) => `${text.length}.${revision ?? 0}`).join() + JSON.stringify(this.#subject.transcript.names);
  }

  #form() {
    const edit = button("Change the templates", () => this.#editor.toggle(this.#chosen), { sign: "pencil", kind: "quiet" });
    const { template, language, extract, make, stop } = this.#wish;
    const none = h("p", { class: "meta" }, "There is no language model here, so a summary is an extract: sentences word for word as they were said, chosen by counting words.");
    this.#notes = h("div", { hidden: true }, none, modelSetUp());
    return form(
      () => this.#make(),
      h("div", { class: "row" }, field("Template", template), edit),
      field("Language", language), extract,
      h("div", { class: "row" }, make, stop), this.#notes,
    );
  }

  get #chosen() { return this.#templates.find(({ name }) => name === this.#wish.template.value) ?? null; }

  #drawForm() {
    const { language, extract, make, stop } = this.#wish;
    const model = this.#model !== null;
    language.closest("label").hidden = extract.hidden = !model;
    this.#notes.hidden = model;
    make.hidden = this.#writing !== null;
    stop.hidden = this.#writing === null;
  }

  async #readTemplates(chosen = this.#wish.template.value) {
    this.#templates = await this.#server.templates();
    fill(this.#wish.template, this.#templates.map(({ name, title }) => [name, title]), chosen);
  }

  async #read() {
    const { id } = this.#subject;
    const [signal, changes] = [this.#signal, this.#changes];
    const summaries = await this.#server.summaries(id);
    if (signal.aborted) return undefined;
    if (changes !== this.#changes) return this.#read(); // the answer may be older than that
    return this.#fill(summaries);
  }

  #fill(summaries) {
    const before = this.#kept;
    this.#kept = new Map(summaries.map((summary) => [summary.id, before.get(summary.id) ?? this.#add(summary)]));
    for (const summary of summaries) this.#kept.get(summary.id).stale.hidden = !summary.outdated;
    const wanted = [...this.#kept.values()].map(({ element }) => element);
    if (wanted.some((element, i) => element !== this.#list.children[i]) || wanted.length !== this.#list.children.length) this.#list.replaceChildren(...wanted);
    if (before.size === 0 && wanted[0]) wanted[0].open = true;
  }

  #add(summary) {
    const { id, text, template, language, sentences, sections } = summary;
    const title = this.#templates.find(({ name }) => name === template)?.title ?? template;
    const made = [when(summary.created_at), summary.extract ? null : summary.model].filter(Boolean).join(" · ");
    const label = summary.extract ? h("span", { class: "badge", title: "Sentences of the transcript, word for word" }, "Extract") : null;
    const again = button("Make it anew", () => this.#make({ template, language, extract: summary.extract }));
    const stale = h("p", { class: "stale", hidden: true }, h("span", {}, "The transcript has changed since."), again);
    const cut = summary.truncated ? h("p", { class: "stale" }, "It is as long as may be, and ends in the middle.") : null;
    const tools = h("div", { class: "row end" }, copier("Copy the summary", () => text), button("Remove the summary", () => this.#remove(id), { sign: "trash", kind: "quiet" }));
    const words = h("div", { class: "written" }, ...written(this.#subject.id, text, sentences, sections));
    if (language) words.lang = language;
    const head = h("summary", {}, h("h3", {}, title), h("span", { class: "meta" }, made), label);
    return { stale, element: h("details", { class: "made", "data-id": id }, head, stale, words, cut, tools) };
  }

  async #make(wish = this.#asked) {
    if (this.#writing) return;
    const writing = (this.#writing = new AbortController());
    const signal = AbortSignal.any([writing.signal, this.#signal]);
    this.#trouble.clear();
    this.#draft.replaceChildren(h("p", { class: "meta" }, "It is being written…"));
    this.#draft.hidden = false;
    this.#drawForm();
    say("The summary is being written.");
    try {
      await this.#follow(this.#server.summarise(this.#subject.id, wish, signal), signal);
    } catch (error) {
      if (!signal.aborted) this.#trouble.say(error);
    }
    if (this.#writing !== writing) return; // of another recording by now
    this.#writing = null;
    this.#draft.hidden = true;
    this.#drawForm();
  }

  get #asked() {
    const { template, language, extract } = this.#wish;
    const word = extract.querySelector("input").checked;
    const own = this.#model === null ? {} : { extract: word, language: (!word && language.value) || null };
    return { template: template.value || "short", ...own };
  }

  async #follow(steps, signal) {
    let text = "";
    let frame = 0;
    for await (const { event, data } of steps) {
      if (signal.aborted) return;
      if (event === "delta") text += data.text;
      if (event === "progress") setText(this.#draft.firstElementChild, `Part ${Math.min(data.done + 1, data.total)} of ${data.total} is being read…`);
      if (event === "delta") frame ||= requestAnimationFrame(() => {
        frame = 0;
        this.#draft.replaceChildren(h("p", { class: "meta" }, "It is being written…"), h("div", { class: "written" }, ...written(null, text)));
      });
      if (event === "summary") return void this.#done(data);
    }
    throw new Error("The line broke before the summary was whole. Try again.");
  }

  #done(summary) {
    this.#changes += 1;
    const entry = this.#add(summary);
    this.#kept = new Map([[summary.id, entry], ...this.#kept]);
    for (const { element } of this.#kept.values()) element.open = false;
    entry.element.open = true;
    this.#list.prepend(entry.element);
    this.#state = ""; // it may have changed while it was written
    say("The summary is there.");
  }

  async #remove(id) {
    try {
      await this.#server.deleteSummary(this.#subject.id, id);
    } catch (error) {
      if (error.status !== 404) return void this.#trouble.say(error);
    }
    this.#changes += 1;
    this.#kept.get(id)?.element.remove();
    this.#kept.delete(id);
    say("The summary is removed.");
    this.#wish.template.focus();
  }
}
