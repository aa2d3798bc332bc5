/** Templates of summaries: what each one asks for, changed, added, and as it came again. */

import { button, field, form, say, Trouble } from "../common/forms.js";
import { h, setText } from "../common/dom.js";

export class TemplatesForm {
  #server;
  #onchange;
  #template = null; // the one that is changed; null: a new one
  #title = h("input", { name: "title", maxlength: "80", autocomplete: "off" });
  #prompt = h("textarea", { name: "prompt", rows: "8", maxlength: "4000" });
  #heading = h("h3");
  #reset = button("As it came", () => this.#delete());
  #trouble = new Trouble();

  /** @param onchange called with the name of the template that was put, or "" */
  constructor(server, onchange) {
    this.#server = server;
    this.#onchange = onchange;
    const tools = h("div", { class: "row" },
      button("Save", null, { kind: "button strong", type: "submit" }), this.#reset,
      button("A new one", () => this.#fill(null)), button("Close", () => this.close()));
    this.element = form(() => this.#save(), this.#heading, field("Title", this.#title), field("What to write", this.#prompt), this.#trouble.element, tools);
    this.element.classList.add("templates");
    this.element.hidden = true;
  }

  toggle(template) {
    if (!this.element.hidden) return this.close();
    this.element.hidden = false;
    return this.#fill(template);
  }

  close() { this.element.hidden = true; }

  #fill(template) {
    this.#template = template;
    this.#trouble.clear();
    this.#title.value = template?.title ?? "";
    this.#prompt.value = template?.prompt ?? "";
    setText(this.#heading, template ? `Change “${template.title}”` : "A new template");
    setText(this.#reset, template?.builtin ? "As it came" : "Delete");
    this.#reset.hidden = !template || (template.builtin && !template.edited);
    this.#title.focus();
  }

  async #save() {
    const [title, prompt] = [this.#title.value.trim(), this.#prompt.value.trim()];
    if (!title || !prompt) return this.#trouble.say("A template has a title, and says what to write.");
    const name = this.#template?.name ?? nameOf(title);
    await this.#change(() => this.#server.putTemplate(name, title, prompt), name, `“${title}” is saved.`);
    return undefined;
  }

  async #delete() {
    const { name, title, builtin } = this.#template;
    const words = builtin ? `“${title}” is as it came.` : `“${title}” is deleted.`;
    await this.#change(() => this.#server.deleteTemplate(name), builtin ? name : "", words);
  }

  async #change(change, name, words) {
    this.#trouble.clear();
    try {
      await change();
      await this.#onchange(name);
    } catch (error) {
      return this.#trouble.say(error);
    }
    this.close();
    say(words);
    return undefined;
  }
}

/** An address for a title: its Latin letters, and a number so that it is nobody else's. */
function nameOf(title) {
  const letters = title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "").slice(0, 28);
  return `${letters.replace(/-+$/, "") || "own"}-${Date.now().toString(36)}`;
}
