/** The small things that the panels are made of. */

import { wordsOf } from "../library/actions.js";
import { h, icon, setText } from "./dom.js";

/** A control under its label. */
export function field(label, control) {
  return h("label", { class: "field" }, h("span", {}, label), control);
}

/** `[value, text]` each. */
export function choice(name, options, value = "") {
  const select = h("select", { name });
  fill(select, options, value);
  return select;
}

/** Other options, only where they differ: an open list is left alone. */
export function fill(select, options, value = select.value) {
  const key = JSON.stringify(options);
  if (select.dataset.filled === key) return;
  select.dataset.filled = key;
  select.replaceChildren(...options.map(([value, text]) => h("option", { value }, text)));
  select.value = value;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}

export function check(name, label, small = null) {
  const text = h("span", {}, label, small && h("small", {}, small));
  return h("label", { class: "check" }, h("input", { type: "checkbox", name }), text);
}

/** A button with a sign, or with words. */
export function button(label, run, { sign = null, kind = "button", type = "button" } = {}) {
  const quiet = kind === "quiet" ? { "aria-label": label, title: label } : {};
  const made = h("button", { type, class: kind, ...quiet }, sign && icon(sign), kind === "quiet" ? null : label);
  if (run) made.addEventListener("click", () => run(made));
  return made;
}

/** A form that asks the server for something: no address changes, and no browser checks it. */
export function form(submit, ...children) {
  const made = h("form", { class: "making", novalidate: true }, ...children);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return made;
}

/** Where a failure is told, at the place where it happened. */
export class Trouble {
  element = h("p", { class: "wrong", role: "alert" });

  say(error) {
    setText(this.element, typeof error === "string" ? error : sentenceOf(error));
  }

  clear() { setText(this.element, ""); }
}

export function sentenceOf(error) {
  if (error.status === 404) return "This is not here any more: somebody has deleted it.";
  return wordsOf(error);
}

/** How something that a server can do is made to work on this one. */
export function setUp(title, before, lines, after) {
  const code = h("pre", { tabindex: "0", role: "region", "aria-label": "Settings" }, lines.join("\n"));
  return h("details", { class: "set-up" }, h("summary", {}, title), h("p", {}, before), code, h("p", {}, after));
}

/** How this server is given a language model. */
export function modelSetUp() {
  return setUp(
    "How to have a language model",
    "Start the server with these, here for Ollama on the same machine:",
    ["pip install 'vivavoce[openai]'", "VIVAVOCE_LLM_BASE_URL=http://localhost:11434/v1", "VIVAVOCE_LLM_MODEL=qwen3:8b"],
    "Anything that has OpenAI’s chat completions will do, such as llama.cpp, vLLM, OpenAI and Azure OpenAI; “Summaries, questions, translations” in the documentation has their settings.",
  );
}

/** A button that puts `text()` on the clipboard and says so. */
export function copier(label, text, kind = "quiet") {
  const made = button(label, copy, { sign: "copy", kind });
  async function copy() {
    try {
      await navigator.clipboard.writeText(text());
      say("It is on the clipboard.");
      made.classList.add("copied");
      made.querySelector("use").setAttribute("href", "studio/icons.svg#check");
    } catch {
      say("The browser did not allow copying. Select the text and copy it by hand.", true);
    }
  }
  made.addEventListener("blur", () => {
    made.classList.remove("copied");
    made.querySelector("use").setAttribute("href", "studio/icons.svg#copy");
  });
  return made;
}

/** Tell it to those who are read to; `seen`: to all. */
export function say(text, seen = false) {
  const place = document.getElementById("panel-said");
  place.classList.toggle("unseen", !seen);
  setText(place, text);
}

/** Look again and again: `look` gives the ms until the next time, or null when it is enough. */
export async function poll(look, signal) {
  while (!signal.aborted) {
    const wait = await look();
    if (wait === null) return;
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
    });
  }
}

/** A bar of what is done, 0 ... 1; null: nobody knows. */
export function bar(label, done) {
  const value = done === null ? {} : { "aria-valuenow": Math.round(100 * done) };
  const filled = h("i");
  if (done !== null) filled.style.width = `${100 * done}%`;
  return h("div", { class: done === null ? "progress moving" : "progress", role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100, ...value }, filled);
}

/** Why there is nothing to make anything of; null: there is. `what`: "to summarise". */
export function nothingTo(what, { transcript, recording }) {
  if (transcript.hasText) return null;
  const over = recording && recording.state !== "live" && recording.state !== "transcribing";
  if (!over) return `There is nothing ${what} yet: no words have come so far.`;
  return transcript.ended === null ? "The words are on their way…" : `There is nothing ${what}: nobody was heard to speak.`;
}
