/** Links by which others read a recording, and captions of it over a video. */

import { CaptionsAddress } from "./captions-address.js";
import { button, check, choice, copier, field, form, nothingTo, say, Trouble } from "../common/forms.js";
import { h } from "../common/dom.js";
import { when } from "../common/words.js";

const HOUR = 3600; // seconds
const TIMES = [
  [HOUR, "An hour"], [24 * HOUR, "A day"], [7 * 24 * HOUR, "A week"], [30 * 24 * HOUR, "30 days"], [365 * 24 * HOUR, "A year"],
].map(([seconds, text]) => [String(seconds), text]);
const HERE_ONLY = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export class SharePanel {
  name = "share";
  needs = "manage";
  title = "Share";
  icon = "share";
  #server;
  #base;
  #subject = null;
  #signal = null;
  #made = new Map(); // share id -> its token: told once, so known for as long as this page is
  #changes = 0; // links made and withdrawn here
  #trouble = new Trouble();
  #expires = choice("expires", TIMES, String(7 * 24 * HOUR));
  #audio = check("audio", "They may listen, too", "Else they read only");
  #list = h("ul", { class: "rows" });
  #none = h("p", { class: "meta" }, "There is no link to this recording.");

  constructor(server, base) {
    this.#server = server;
    this.#base = base;
    const local = h("p", { class: "stale" }, `You opened this page as “${location.hostname}”, so its links work on this machine only. Open it by the machine’s name or address to make links for others.`);
    this.making = form(() => this.#make(),
      h("p", { class: "meta" }, "Whoever has the link reads along, also while it is being recorded, and can do nothing else."),
      field("The link works for", this.#expires), this.#audio,
      h("div", { class: "row" }, button("Make a link", null, { kind: "button strong", type: "submit" })),
      HERE_ONLY.test(location.hostname) ? local : null);
    this.element = h("div", {}, this.making, this.#trouble.element, h("section", {}, h("h3", {}, "Links"), this.#none, this.#list));
  }

  /** A recording that goes on is shared before its first word: captions begin with it. */
  lacks(subject) {
    const live = ["live", "transcribing"].includes(subject.recording?.state);
    return live ? null : nothingTo("to share", subject);
  }

  show(subject, signal) {
    this.#subject = subject;
    this.#signal = signal;
    this.#list.replaceChildren();
    this.#none.hidden = true;
    this.#trouble.clear();
  }

  async open() {
    await this.#read();
  }

  draw() {}

  async #read() {
    const [signal, changes] = [this.#signal, this.#changes];
    try {
      const shares = await this.#server.shares(this.#subject.id);
      if (signal.aborted) return undefined;
      if (changes !== this.#changes) return this.#read(); // the answer may be older than that
      const before = new Map([...this.#list.children].map((row) => [row.dataset.id, row]));
      const now = Date.now();
      const shown = shares.filter(({ id, expires_at: end }) => this.#made.has(id) || new Date(end) > now);
      this.#list.replaceChildren(...shown.map((share) => before.get(share.id) ?? this.#row(share)));
      this.#drawNone();
    } catch (error) {
      if (!signal.aborted) this.#trouble.say(error);
    }
    return undefined;
  }

  #drawNone() {
    this.#none.hidden = this.#list.children.length > 0;
  }

  #row(share) {
    const token = this.#made.get(share.id);
    const over = new Date(share.expires_at) <= Date.now();
    const until = `${over ? "Expired" : "Until"} ${until_(share.expires_at)}`;
    const kind = share.audio ? "Words and sound" : "Words only";
    const withdraw = button("Withdraw", (me) => this.#withdraw(share.id, me));
    withdraw.setAttribute("aria-label", `Withdraw the link made ${when(share.created_at)}`);
    const what = h("div", { class: "what" }, h("b", {}, kind), h("span", { class: "meta" }, `Made ${when(share.created_at)} · ${until}`));
    return h("li", { "data-id": share.id }, what, h("div", { class: "row end" }, withdraw), token ? this.#addresses(token) : null);
  }

  #addresses(token) {
    const link = new URL(`s/${token}`, this.#base).href;
    const shown = h("input", { class: "address", readonly: true, "aria-label": "The link", onfocus: ({ target }) => target.select() });
    shown.value = link;
    return h("div", { class: "addresses" },
      h("div", { class: "row" }, shown, copier("Copy the link", () => link)),
      h("p", { class: "meta" }, "Copy it now: the server keeps no copy, and this page only until you leave it."),
      new CaptionsAddress(new URL(`captions/${token}`, this.#base).href).element);
  }

  async #make() {
    this.#trouble.clear();
    const signal = this.#signal;
    const wish = { expires_in: Number(this.#expires.value), audio: this.#audio.querySelector("input").checked };
    try {
      const share = await this.#server.share(this.#subject.id, wish);
      if (signal.aborted) return;
      this.#changes += 1;
      this.#made.set(share.id, share.token);
      const row = this.#row(share);
      this.#list.prepend(row);
      this.#drawNone();
      row.querySelector(".address").focus();
      say("The link is made.");
    } catch (error) {
      if (!signal.aborted) this.#trouble.say(error);
    }
  }

  async #withdraw(id, button) {
    button.disabled = true;
    this.#trouble.clear();
    try {
      await this.#server.withdraw(id);
    } catch (error) {
      if (error.status !== 404) {
        button.disabled = false;
        return void this.#trouble.say(error);
      }
    }
    this.#changes += 1;
    this.#made.delete(id);
    button.closest("li").remove();
    this.#drawNone();
    this.#expires.focus();
    say("The link is withdrawn: nobody reads by it any more.");
  }
}

function until_(iso) {
  return new Date(iso).toLocaleString([], { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
}
