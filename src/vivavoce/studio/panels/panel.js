/**
 * What is made of a recording, beside its words: a column where there is room, a sheet over them
 * where there is not. This is the frame: what is open, for which recording, and for how long.
 *
 * A part has `name`, `title`, `icon`, `element`, `making` (what is hidden where there is nothing
 * to make anything of, and from those who may not), `needs` (the scope without which nothing of
 * it can be used), and
 * - `show(subject, signal)`: of another recording from now on (null: none), until it aborts
 * - `open(signal)`: somebody looks at it, until it aborts
 * - `draw()`: the recording or its words have changed
 * - `lacks(subject)`: a sentence that says what is missing, or null
 */

import { h, icon, setText } from "../common/dom.js";
import { signing } from "../common/signing.js";

const COLUMN = matchMedia("(min-width: 75rem)");
const CHANGES = ["utterance", "names", "ended", "reset"];

export class Panel {
  #root;
  #openers;
  #parts;
  #tabs = new Map(); // part -> its tab
  #subject = null;
  #id = null; // that the parts know
  #now; // the part that is open, or was
  #about = new AbortController(); // this recording
  #looking = new AbortController(); // this look at this part
  #frame = 0;

  /** @param root the dialog, @param openers where the buttons go that open it */
  constructor(root, openers, parts) {
    this.#root = root;
    this.#openers = openers;
    this.#parts = parts;
    this.#now = parts[0];
    for (const part of parts) this.#add(part);
    openers.append(this.#opener({ icon: "panel", title: "Summary, questions, sharing and more", name: "any" }, () => this.#now));
    root.querySelector("[data-close]").addEventListener("click", () => this.close());
    root.addEventListener("cancel", (event) => {
      if (event.target !== root) return;
      event.preventDefault(); // it is closed by our own way
      this.close();
    });
    root.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("click", (event) => this.#click(event));
    COLUMN.addEventListener("change", () => this.#root.open && this.#place());
  }

  /** Another subject; null: none. */
  show(subject) {
    this.#about.abort();
    this.#about = new AbortController();
    this.#subject = subject;
    this.#id = subject?.id ?? null;
    const { signal } = this.#about;
    const known = this.#id === null ? null : subject;
    if (!this.#allowed.includes(this.#now)) this.#now = this.#allowed[0];
    for (const part of this.#parts) part.show(known, signal);
    for (const type of known ? CHANGES : []) subject.transcript.addEventListener(type, () => this.#later(), { signal });
    if (!subject) this.close();
    else if (this.#root.open) this.#look();
    this.draw();
  }

  get #allowed() { return this.#parts.filter(({ needs = "read" }) => signing.may(needs)); }

  /** Something of the subject is known, or is otherwise. */
  draw() {
    const subject = this.#subject;
    if (subject && subject.id !== this.#id) return this.show(subject);
    this.#openers.hidden = this.#id === null || Boolean(subject.missing);
    if (!this.#root.open || this.#id === null) return undefined;
    const part = this.#now;
    const missing = subject.missing ?? part.lacks(subject);
    const none = this.#part("none");
    none.hidden = !missing;
    setText(none, missing ?? "");
    part.making.hidden = Boolean(missing);
    part.element.hidden = Boolean(subject.missing);
    if (!subject.missing) part.draw();
    return undefined;
  }

  close() {
    if (!this.#root.open) return;
    this.#looking.abort();
    const within = this.#root.contains(document.activeElement);
    delete document.body.dataset.panel;
    this.#root.close();
    for (const button of this.#openers.children) button.setAttribute("aria-expanded", "false");
    if (within) [...this.#openers.children].find((button) => button.checkVisibility() && [this.#now.name, "any"].includes(button.dataset.panel))?.focus();
  }

  #open(part) {
    this.#now = part;
    for (const [each, tab] of this.#tabs) {
      tab.setAttribute("aria-selected", String(each === part));
      tab.tabIndex = each === part ? 0 : -1;
      each.element.hidden = each !== part;
    }
    for (const button of this.#openers.children) button.setAttribute("aria-expanded", String([part.name, "any"].includes(button.dataset.panel)));
    setText(this.#part("title"), part.title);
    this.#part("body").setAttribute("aria-labelledby", `tab-${part.name}`);
    this.#part("body").scrollTop = 0;
    if (!this.#root.open) this.#place();
    this.#look();
    this.draw();
    this.#tabs.get(part).focus({ preventScroll: true });
  }

  /** A column, or over the page: what a dialog is, it is from when it is shown. */
  #place() {
    if (this.#root.open) this.#root.close();
    document.body.dataset.panel = "";
    if (COLUMN.matches) this.#root.show();
    else this.#root.showModal();
  }

  #look() {
    this.#looking.abort();
    this.#looking = new AbortController();
    if (this.#id !== null) this.#now.open(AbortSignal.any([this.#looking.signal, this.#about.signal]));
  }

  #add(part) {
    this.#openers.append(this.#opener(part, () => part));
    const attributes = { id: `tab-${part.name}`, "aria-controls": "panel-body", "aria-selected": "false", tabindex: "-1" };
    const tab = h("button", { type: "button", role: "tab", "data-needs": part.needs, ...attributes }, icon(part.icon), h("span", {}, part.tab ?? part.title));
    tab.addEventListener("click", () => this.#open(part));
    this.#tabs.set(part, tab);
    this.#root.querySelector("[role=tablist]").append(tab);
    part.element.hidden = true;
    part.making.dataset.needs = part.needs ?? "transcribe";
    this.#part("body").append(part.element);
  }

  #opener({ icon: sign, title, name, needs }, partOf) {
    const button = h("button", { type: "button", class: "quiet", "data-panel": name, "data-needs": needs, title, "aria-label": title, "aria-haspopup": "dialog", "aria-expanded": "false" }, icon(sign));
    button.addEventListener("click", () => this.#open(partOf()));
    return button;
  }

  #key(event) {
    if (event.key === "Escape" && !event.defaultPrevented) {
      event.preventDefault();
      return this.close();
    }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !event.target.closest("[role=tab]")) return undefined;
    event.preventDefault();
    const allowed = this.#allowed;
    return this.#open(allowed.at((allowed.indexOf(this.#now) + step) % allowed.length));
  }

  #click(event) {
    const { target, clientX: x, clientY: y } = event;
    const { left, right, top, bottom } = this.#root.getBoundingClientRect();
    const outside = x < left || x > right || y < top || y > bottom;
    if (target === this.#root && outside && event.detail > 0) return this.close();
    const link = target.closest("a.moment");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return undefined;
    if (location.hash === link.hash) dispatchEvent(new Event("hashchange")); // there once more
    if (!COLUMN.matches) this.close();
    if (event.detail > 0 || !COLUMN.matches) document.getElementById("scroller").focus({ preventScroll: true });
    return undefined;
  }

  /** Once for all the events of a frame. */
  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  #part(name) { return document.getElementById(`panel-${name}`); }
}
