/** The options beside Record: what a person chooses, remembered on this device. */

import { h, setText } from "../common/dom.js";
import { named, nameOf } from "../common/languages.js";
import { Level } from "./level.js";
import { Microphone, MicrophoneError } from "./microphone.js";
import {
  DEFAULTS, cleaned, enginesOf, isUsual, languagesOf, possible, translationsOf, wishesOf,
} from "./options.js";
import { engineOf } from "../common/words.js";
import { recall, remember } from "../common/storage.js";

const KEY = "vivavoce.options";
const SHOWN = "vivavoce.translation"; // what `translations.js` shows beside the words

export class OptionsSheet {
  #form;
  #button;
  #choice = cleaned(chosen());
  #info = null;
  #level;
  #heard = null; // the Microphone whose level is shown
  #opening = 0; // counts attempts, so that the last one holds

  constructor(form, button) {
    this.#form = form;
    this.#button = button;
    this.#level = new Level(form.querySelector("[data-level]"));
    button.addEventListener("click", () => (form.hidden ? this.#open() : this.close()));
    form.querySelector("[data-close]").addEventListener("click", () => this.close());
    form.querySelector("[data-check]").addEventListener("click", () => this.#listen());
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.#read());
    form.elements.device.addEventListener("change", () => this.#heard && this.#listen());
    addEventListener("keydown", (event) => event.key === "Escape" && !form.hidden && this.close());
    addEventListener("pointerdown", ({ target }) => {
      if (!form.hidden && !form.contains(target) && !button.contains(target)) this.close(false);
    });
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.#drawDevices());
    this.#draw();
  }

  /** What the server says of itself. */
  set info(info) {
    this.#info = info;
    this.#draw();
  }

  /** What to open a session with; `live`: from the microphone. */
  wishes(live) {
    const title = live ? this.#form.elements.title.value : "";
    const wishes = wishesOf(this.#choice, this.#info, { live, title });
    const [translation] = wishes.options.translate_to ?? [];
    if (translation) remember(SHOWN, translation);
    return wishes;
  }

  /** A title is for one recording. */
  used() {
    this.#form.elements.title.value = "";
  }

  /** Returns when the microphone is let go. @param focus whether it goes back to the button */
  async close(focus = true) {
    if (this.#form.hidden) return;
    this.#form.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
    if (focus) this.#button.focus();
    await this.#quiet();
  }

  async #open() {
    this.#form.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    this.#draw();
    this.#form.querySelector("h2").focus({ preventScroll: true });
    // Where the microphone is allowed already, nobody has to ask to see that it hears.
    const asked = await navigator.permissions?.query({ name: "microphone" }).catch(() => null);
    if (asked?.state === "granted" && !this.#form.hidden) this.#listen();
  }

  #read() {
    const { elements } = this.#form;
    const next = {};
    for (const [name, usual] of Object.entries(DEFAULTS)) {
      const { value, checked } = elements[name];
      next[name] = typeof usual === "boolean" ? checked : typeof usual === "number" ? Number(value) : value;
    }
    this.#choice = possible(next, this.#info);
    remember(KEY, JSON.stringify(this.#choice));
    this.#draw();
  }

  #draw() {
    const choice = possible(this.#choice, this.#info);
    const { elements } = this.#form;
    this.#drawEngines(choice);
    this.#drawLanguages(choice);
    this.#drawTranslations(choice);
    this.#drawDevices();
    elements.endpointing.value = choice.endpointing;
    elements.diarization.checked = choice.diarization;
    elements.voiceCommands.checked = choice.voiceCommands;
    elements.speakers.value = choice.speakers;
    elements.speakers.closest("label").hidden = !choice.diarization;
    if (elements.tags.value !== choice.tags) elements.tags.value = choice.tags;
    this.#button.classList.toggle("chosen", !isUsual(choice));
  }

  #drawEngines(choice) {
    const { usable, others } = enginesOf(this.#info);
    const usual = this.#info ? `${engineOf(this.#info.engine)} (this server’s choice)` : "This server’s choice";
    const each = usable.map(({ name, capabilities }) => [name, engineOf(capabilities)]);
    fill(this.#form.elements.engine, [["", usual], ...each], choice.engine);
    const more = this.#form.querySelector("[data-others]");
    more.hidden = others.length === 0;
    more.querySelector("ul").replaceChildren(
      ...others.map(({ name, hint }) => h("li", {}, h("b", {}, name), ` ${hint || "It is not installed."}`)),
    );
  }

  #drawLanguages(choice) {
    const tags = languagesOf(choice, this.#info);
    const select = this.#form.elements.language;
    const only = tags.length === 1 && tags[0] !== "*";
    const open = tags.includes("*") || tags.length === 0 ? "Any, found by itself" : "Any of these";
    fill(select, [["", only ? nameOf(tags[0]) : open], ...(only ? [] : named(tags))], choice.language);
    select.disabled = only;
  }

  #drawTranslations(choice) {
    const tags = translationsOf(choice, this.#info);
    const select = this.#form.elements.translation;
    select.closest("label").hidden = tags.length === 0;
    fill(select, [["", "None"], ...named(tags)], choice.translation);
  }

  async #drawDevices() {
    const found = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => null)) ?? [];
    const inputs = found.filter(({ kind, deviceId, label }) => kind === "audioinput" && deviceId && label);
    const named = inputs.filter(({ deviceId }) => deviceId !== "default" && deviceId !== "communications");
    const each = named.map(({ deviceId, label }) => [deviceId, label]);
    const gone = this.#choice.device && !each.some(([id]) => id === this.#choice.device);
    if (gone) each.push([this.#choice.device, inputs.length ? "The one chosen before (not plugged in)" : "The one chosen before"]);
    fill(this.#form.elements.device, [["", "The system’s choice"], ...each], this.#choice.device);
  }

  /** Show the level of the microphone that is chosen. */
  async #listen() {
    await this.#quiet();
    const mine = ++this.#opening;
    this.#say("Opening the microphone…");
    try {
      const microphone = await Microphone.open(this.#choice.device);
      if (mine !== this.#opening) return void microphone.stop();
      this.#heard = microphone;
      microphone.addEventListener("block", ({ detail }) => this.#level.push(detail.peak));
      microphone.addEventListener("lost", () => this.#quiet());
      this.#say(`Hearing ${microphone.name || "the microphone"}. Nothing is recorded.`);
      this.#drawDevices(); // their names are known now
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      if (mine === this.#opening) this.#say(error.message);
    }
  }

  async #quiet() {
    const heard = this.#heard;
    this.#opening += 1;
    this.#heard = null;
    this.#level.clear();
    this.#say("");
    await heard?.stop();
  }

  #say(text) {
    setText(this.#form.querySelector("[data-hearing]"), text);
  }
}

/** Options of a select, replaced only where they differ: an open list is left alone. */
function fill(select, options, value) {
  const key = JSON.stringify(options);
  if (select.dataset.filled !== key) {
    select.replaceChildren(...options.map(([value, text]) => h("option", { value }, text)));
    select.dataset.filled = key;
  }
  select.value = value;
}

function chosen() {
  try {
    return JSON.parse(recall(KEY));
  } catch {
    return null; // it holds something else
  }
}
