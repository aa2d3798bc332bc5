/** Questions about a recording, and the answers that were given during this visit. */

import { button, copier, form, modelSetUp, nothingTo, say, Trouble } from "../common/forms.js";
import { h } from "../common/dom.js";
import { written } from "./written.js";

export class AskPanel {
  name = "ask";
  needs = "transcribe";
  title = "Ask";
  icon = "ask";
  #server;
  #subject = null;
  #signal = null;
  #asked = new Map(); // recording id -> its list of answers, the newest first
  #list = null;
  #asking = null; // an AbortController
  #trouble = new Trouble();
  #field = h("textarea", { name: "question", rows: "2", maxlength: "1000", "aria-label": "Question", placeholder: "What was decided about the budget?", enterkeyhint: "send" });
  #ask = button("Ask", null, { kind: "button strong", type: "submit" });
  #stop = button("Stop", () => this.#asking?.abort());
  #notes = h("div", { hidden: true },
    h("p", { class: "meta" }, "There is no language model here, so nobody answers: you are shown the passages that have most of the question’s words."),
    modelSetUp());

  constructor(server) {
    this.#server = server;
    this.#stop.hidden = true;
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.making.requestSubmit();
    });
    this.making = form(() => this.#submit(), this.#field, h("div", { class: "row" }, this.#ask, this.#stop), this.#notes);
    this.element = h("div", {}, this.making, this.#trouble.element);
  }

  lacks(subject) { return nothingTo("to ask about", subject); }

  show(subject, signal) {
    this.#asking?.abort();
    this.#asking = null;
    this.#busy(false);
    this.#subject = subject;
    this.#signal = signal;
    this.#trouble.clear();
    this.#field.value = "";
    this.#list?.remove();
    if (!subject) return;
    if (!this.#asked.has(subject.id)) this.#asked.set(subject.id, h("div", { class: "list" }));
    this.#list = this.#asked.get(subject.id);
    this.element.append(this.#list);
  }

  async open(signal) {
    try {
      const { language_model: model } = await this.#server.info();
      this.#notes.hidden = model !== null;
    } catch (error) {
      if (!signal.aborted) this.#trouble.say(error);
    }
  }

  draw() {}

  async #submit() {
    const question = this.#field.value.trim();
    if (!question) return this.#trouble.say("Write what you want to know.");
    if (this.#asking) return this.#trouble.say("The question before is still being answered.");
    const asking = (this.#asking = new AbortController());
    const signal = AbortSignal.any([asking.signal, this.#signal]);
    const words = h("div", { class: "written" }, h("p", { class: "meta" }, "Looking for it…"));
    const entry = h("article", { class: "made", "aria-busy": "true" }, h("h3", {}, question), words);
    this.#list.prepend(entry);
    this.#trouble.clear();
    this.#busy(true);
    try {
      await this.#follow(this.#server.ask(this.#subject.id, question, signal), entry, words, signal);
      if (this.#asking === asking) this.#field.value = "";
    } catch (error) {
      entry.remove();
      if (!signal.aborted) this.#trouble.say(error);
    }
    if (this.#asking !== asking) return undefined; // of another recording by now
    this.#asking = null;
    this.#busy(false);
    return undefined;
  }

  #busy(asking) {
    this.#ask.hidden = asking;
    this.#stop.hidden = !asking;
  }

  async #follow(steps, entry, words, signal) {
    let text = "";
    let frame = 0;
    for await (const { event, data } of steps) {
      if (signal.aborted) throw new Error("Nobody waits for it any more.");
      if (event === "delta") {
        text += data.text;
        frame ||= requestAnimationFrame(() => {
          frame = 0;
          if (entry.hasAttribute("aria-busy")) words.replaceChildren(...written(null, text));
        });
      } else if (event === "answer") {
        return void this.#answered(entry, words, data);
      }
    }
    throw new Error("The line broke before the answer was whole. Ask again.");
  }

  #answered(entry, words, answer) {
    const { text, sentences, sections, extract, truncated } = answer;
    entry.removeAttribute("aria-busy");
    words.replaceChildren(...written(this.#subject.id, text, sentences, sections));
    if (extract && sentences.length > 0) words.before(h("p", { class: "meta" }, h("span", { class: "badge" }, "Passages"), " with words of the question; nobody has answered it."));
    if (truncated) words.after(h("p", { class: "stale" }, "It is as long as may be, and ends in the middle."));
    entry.append(h("div", { class: "row end" }, copier("Copy the answer", () => text)));
    say("The answer is there.");
  }
}
