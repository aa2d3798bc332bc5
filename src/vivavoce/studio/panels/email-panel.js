/** A recording sent by e-mail: to whom, what of it, and what became of it. */

import { button, check, choice, field, fill, form, nothingTo, poll, say, setUp, Trouble } from "../common/forms.js";
import { h } from "../common/dom.js";
import { clock, when } from "../common/words.js";

const EVERY = 2000; // ms between looks while one is on its way
const STATES = { waiting: "On its way", sent: "Sent", failed: "Not sent" };

export class EmailPanel {
  name = "email";
  needs = "manage";
  title = "E-mail";
  icon = "mail";
  #server;
  #subject = null;
  #signal = null;
  #looking = AbortSignal.abort();
  #watched = 0;
  #emails = [];
  #asked = new Map(); // e-mail id -> what was asked for, during this visit
  #trouble = new Trouble();
  #to = h("input", { name: "to", type: "email", maxlength: "320", autocomplete: "email", placeholder: "ada@example.org" });
  #transcript = check("transcript", "The transcript, in the letter");
  #summary = choice("summary", [["", "None"]]);
  #files = h("div", { class: "chips" });
  #send = button("Send", null, { kind: "button strong", type: "submit" });
  #form;
  #list = h("ul", { class: "rows" });
  #notes = h("div", { hidden: true },
    h("p", {}, "This server sends no e-mail: nobody has told it of a mail server."),
    setUp("How to have e-mail", "Start the server with these, for a mail server on port 587:",
      ["VIVAVOCE_SMTP_HOST=smtp.example.org", "VIVAVOCE_SMTP_USER=studio@example.org", "VIVAVOCE_SMTP_PASSWORD=…", "VIVAVOCE_SMTP_FROM='Studio <studio@example.org>'"],
      "“E-mail and webhooks” in the documentation has the other settings."));

  constructor(server) {
    this.#server = server;
    this.#transcript.querySelector("input").checked = true;
    const files = h("fieldset", {}, h("legend", {}, "Files"), this.#files);
    this.#form = form(() => this.#submit(), field("To", this.#to), this.#transcript, field("Summary", this.#summary), files, h("div", { class: "row" }, this.#send));
    this.making = h("div", {}, this.#form, this.#notes);
    this.element = h("div", {}, this.making, this.#trouble.element, h("section", {}, this.#list));
  }

  lacks(subject) {
    const live = ["live", "transcribing"].includes(subject.recording?.state);
    return live ? "It can be sent when the recording has ended." : nothingTo("to send", subject);
  }

  show(subject, signal) {
    this.#subject = subject;
    this.#signal = signal;
    this.#emails = [];
    this.#drawList();
    this.#trouble.clear();
    fill(this.#summary, [["", "None"]], "");
  }

  async open(signal) {
    this.#looking = signal;
    const { id } = this.#subject;
    this.#watch();
    try {
      const [info, templates, summaries] = await Promise.all([this.#server.info(), this.#server.templates(), this.#server.summaries(id)]);
      if (signal.aborted) return;
      this.#form.hidden = !info.email;
      this.#notes.hidden = info.email;
      this.#drawFiles(Object.keys(info.formats));
      const titleOf = (name) => templates.find((template) => template.name === name)?.title ?? name;
      fill(this.#summary, [["", "None"], ...summaries.map((made) => [made.id, `${titleOf(made.template)}, ${when(made.created_at)}`])]);
    } catch (error) {
      if (!signal.aborted) this.#trouble.say(error);
    }
  }

  draw() {}

  #drawFiles(formats) {
    if (this.#files.children.length > 0) return;
    this.#files.append(...formats.map((format) => h("label", { class: "chip-choice" }, h("input", { type: "checkbox", name: "attach", value: format }), h("span", {}, format.toUpperCase()))));
  }

  get #letter() {
    const attach = [...this.#files.querySelectorAll("input:checked")].map(({ value }) => value);
    return { to: this.#to.value.trim(), transcript: this.#transcript.querySelector("input").checked, summary: this.#summary.value || null, attach };
  }

  async #submit() {
    const letter = this.#letter;
    if (!letter.to) {
      this.#trouble.say("Say whom it is for.");
      return this.#to.focus();
    }
    if (!letter.transcript && !letter.summary && letter.attach.length === 0) return this.#trouble.say("Choose what to send: the transcript, a summary, or files.");
    return this.#post(letter);
  }

  async #post(letter) {
    const signal = this.#signal;
    this.#trouble.clear();
    this.#send.disabled = true;
    try {
      const email = await this.#server.send(this.#subject.id, letter);
      this.#asked.set(email.id, letter);
      if (signal.aborted) return;
      this.#emails = [email, ...this.#emails];
      this.#drawList();
      say(`It is on its way to ${email.to}.`);
      this.#watch();
    } catch (error) {
      if (!signal.aborted) this.#trouble.say(error);
    } finally {
      this.#send.disabled = false;
    }
  }

  /** Again what was asked for; where that is not known any more, the form with the address. */
  #again(email) {
    const letter = this.#asked.get(email.id);
    if (letter) return this.#post(letter);
    this.#to.value = email.to;
    this.#trouble.say("Choose what to send, then press Send.");
    return this.#send.focus();
  }

  #drawList() {
    const key = JSON.stringify(this.#emails);
    if (this.#list.dataset.key === key) return;
    this.#list.dataset.key = key;
    this.#list.replaceChildren(...this.#emails.map((email) => this.#row(email)));
  }

  #row(email) {
    const { id, to, state, message, attempts, next_at: next, created_at: created } = email;
    const tried = state === "waiting" && attempts > 0 ? `Tried ${attempts === 1 ? "once" : `${attempts} times`}, again ${soon(next)}` : STATES[state];
    const again = state === "failed" ? button("Try again", () => this.#again(email)) : null;
    again?.setAttribute("aria-label", `Try again to send it to ${to}`);
    return h("li", { "data-id": id, "data-state": state },
      h("div", { class: "what" }, h("b", {}, to), h("span", { class: "meta" }, `${tried} · ${when(created)}`)),
      again && h("div", { class: "row end" }, again),
      message ? h("p", { class: "wrong" }, message) : null);
  }

  #watch() {
    const signal = this.#looking;
    const mine = ++this.#watched;
    const { id } = this.#subject;
    poll(async () => {
      try {
        const emails = await this.#server.emails(id);
        if (signal.aborted || mine !== this.#watched) return null;
        const before = this.#emails.find(({ state }) => state === "waiting");
        const after = before && emails.find((email) => email.id === before.id);
        if (after && after.state !== "waiting") say(`${STATES[after.state]}: ${after.to}`);
        this.#emails = emails;
        this.#drawList();
        return emails.some(({ state }) => state === "waiting") ? EVERY : null;
      } catch (error) {
        if (signal.aborted || mine !== this.#watched) return null;
        this.#trouble.say(error);
        return error.status ? null : 2 * EVERY;
      }
    }, signal);
  }
}

function soon(iso) {
  const seconds = (new Date(iso) - Date.now()) / 1000;
  return seconds < 5 ? "in a moment" : `in ${clock(seconds)}`;
}
