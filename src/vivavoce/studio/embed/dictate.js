/**
 * `<vivavoce-dictate for="id">`: a button by which words are spoken into a text field.
 *
 *     <script type="module" src="https://…/embed/dictate.js"></script>
 *     <textarea id="letter"></textarea> <vivavoce-dictate for="letter"></vivavoce-dictate>
 *
 * Attributes: `for` (else the field that was used last), `lang`, `server` (else where this script
 * is from), `token` (where the server asks for keys), `shortcut` (`Alt+Shift+D`),
 * `voice-commands`. Events, which bubble:
 * `vivavoce-start` {recording}, `vivavoce-final` {id, text}, `vivavoce-stop` {reason},
 * `vivavoce-error` {message}.
 */

import { MicrophoneError } from "../studio/recorder/microphone.js";
import { Recording } from "../studio/recorder/recorder.js";
import { failureOf } from "../studio/common/words.js";
import { fieldOf, isField } from "./field.js";
import { sheet } from "./look.js";

const PARAGRAPH = "¶"; // the label of a marker that was spoken for a new paragraph
const SETTLE = 150; // ms: what a command does to its own words comes right behind them
const TAIL = 60; // characters of what is being said that are shown
const NO_FIELD = "Click into a text field first, then press Dictate.";
const SVG = "http://www.w3.org/2000/svg";

let running = null; // the one element that listens
let lastField = null; // the field of the page that was used last

addEventListener("focusin", ({ target }) => {
  if (isField(target)) lastField = target;
}, true);

export class VivavoceDictate extends HTMLElement {
  #button;
  #tail;
  #status;
  #state = "idle"; // idle | opening | listening | finishing
  #recording = null;
  #field = null;
  #due = []; // what is to be done with the field, in order
  #timer = 0;
  #paragraphs = 0; // markers for one that were seen
  #started = null; // the recording, once the page was told of it

  constructor() {
    super();
    const root = this.attachShadow({ mode: "closed" });
    root.adoptedStyleSheets = [sheet()]; // a page's rules for styles do not concern these
    this.#button = made("button", { type: "button", part: "button" });
    this.#button.append(microphone());
    this.#tail = made("span", { class: "tail", part: "tail", "aria-hidden": "true" });
    this.#status = made("span", { class: "status", role: "status" });
    root.append(this.#button, this.#tail, this.#status);
    this.#button.addEventListener("click", () => this.toggle());
    // The caret stays where it is: a button that is pressed would take the focus.
    this.#button.addEventListener("mousedown", (event) => event.preventDefault());
  }

  connectedCallback() {
    document.addEventListener("keydown", this.#key, true);
    this.#draw();
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#key, true);
    this.stop();
  }

  get listening() { return this.#state === "listening"; }

  /** Start, or stop. */
  toggle() {
    return this.#state === "idle" ? this.start() : this.stop();
  }

  /** Listen until `stop`, the words "stop dictation", or the field goes. */
  async start() {
    if (this.#state !== "idle") return;
    const field = fieldOf(this.#target);
    if (!field) return void this.#fail(NO_FIELD);
    running?.stop();
    running = this;
    this.#field = field;
    this.#become("opening", "Opening the microphone");
    try {
      const recording = await Recording.begin(this.#server, this.#wishes);
      if (this.#state !== "opening") { // stopped meanwhile
        await recording.stop();
        return;
      }
      this.#listen(recording);
    } catch (error) {
      this.#become("idle");
      this.#fail(error instanceof MicrophoneError ? error.message : `Dictation failed: ${error.message}`);
    }
  }

  /** Hear no more, and write what is still to come of what was said. */
  async stop() {
    if (this.#state === "opening") return void this.#become("idle", "Stopped");
    if (this.#state !== "listening") return;
    this.#become("finishing", "Writing the last words");
    await this.#recording.stop();
  }

  get #target() {
    const id = this.getAttribute("for");
    return id ? this.getRootNode().getElementById(id) : lastField;
  }

  get #server() {
    const url = new URL(this.getAttribute("server") ?? new URL("..", import.meta.url), document.baseURI);
    if (this.hasAttribute("token")) url.searchParams.set("token", this.getAttribute("token"));
    return url;
  }

  get #language() { return this.closest("[lang]")?.getAttribute("lang") ?? ""; }

  get #wishes() {
    const own = this.getAttribute("lang");
    const commands = this.hasAttribute("voice-commands");
    const options = { title: `Dictation, ${document.title}`.slice(0, 200), voice_commands: commands };
    return { device: "", language: own || undefined, options };
  }

  #listen(recording) {
    this.#recording = recording;
    this.#paragraphs = 0;
    const { session } = recording;
    const { transcript } = session;
    recording.addEventListener("change", () => this.#look());
    recording.addEventListener("stopped", ({ detail }) => detail && this.#say(detail));
    recording.addEventListener("end", () => this.#ended());
    transcript.addEventListener("utterance", ({ detail }) => this.#later(detail));
    transcript.addEventListener("interim", ({ detail }) => this.#show(detail));
    transcript.addEventListener("position", () => this.#breaks(transcript.notes));
    this.#become("listening", "Listening");
  }

  #look() {
    const { session } = this.#recording;
    if (session.id && !this.#started) {
      this.#started = session.id;
      this.#tell("start", { recording: session.id });
    }
    this.#button.classList.toggle("away", session.state === "reconnecting");
  }

  #show(interim) {
    this.#tail.textContent = interim ? (interim.stable + interim.tail).slice(-TAIL) : "";
  }

  #later(utterance) {
    const held = this.#due.find(({ key }) => key === utterance.key);
    if (held) held.text = utterance.text;
    else this.#due.push({ key: utterance.key, id: utterance.id, text: utterance.text });
    this.#settleSoon();
  }

  #breaks(notes) {
    const count = notes.filter(({ kind, text }) => kind === "marker" && text === PARAGRAPH).length;
    while (this.#paragraphs < count) {
      this.#paragraphs += 1;
      this.#due.push({ key: null });
    }
    this.#settleSoon();
  }

  #settleSoon() {
    const wait = this.hasAttribute("voice-commands") ? SETTLE : 0;
    this.#timer ||= setTimeout(() => this.#settle(), wait);
  }

  #settle() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    for (const { key, id, text } of this.#due.splice(0)) {
      if (key === null) this.#field.paragraph();
      else {
        this.#field.write(key, text, this.#language);
        if (text) this.#tell("final", { id, text });
      }
    }
    this.#show(this.#recording?.session.transcript.interim);
  }

  #ended() {
    this.#settle();
    const { session } = this.#recording;
    const { failure } = session;
    this.#recording = null;
    this.#started = null;
    if (running === this) running = null;
    this.#show(null);
    this.#become("idle", "Dictation stopped");
    if (failure) this.#fail(failureOf(failure));
    this.#tell("stop", { reason: failure ? failure.code : session.transcript.ended });
  }

  #fail(message) {
    if (running === this) running = null;
    this.#say(message);
    this.#tell("error", { message });
  }

  #become(state, sentence = "") {
    this.#state = state;
    this.#draw();
    if (sentence) this.#say(sentence);
  }

  #say(sentence) {
    this.#status.textContent = sentence;
    this.#button.title = `${sentence}. ${this.#label} (${this.#shortcut})`;
  }

  get #label() { return this.#state === "idle" ? "Dictate" : "Stop dictating"; }
  get #shortcut() { return this.getAttribute("shortcut") || "Alt+Shift+D"; }

  #draw() {
    const pressed = this.#state === "listening" || this.#state === "opening";
    this.#button.dataset.state = this.#state;
    this.#button.setAttribute("aria-label", this.#label);
    this.#button.setAttribute("aria-pressed", String(pressed));
    this.#button.setAttribute("aria-keyshortcuts", this.#shortcut);
    this.#button.title = `${this.#label} (${this.#shortcut})`;
  }

  #key = (event) => {
    if (event.key === "Escape" && this.#state === "listening") this.stop();
    else if (!event.repeat && matches(event, this.#shortcut) && this.#concerned(event.target)) {
      event.preventDefault();
      this.toggle();
    }
  };

  /** Whether this element is the one that is meant, where there are several. */
  #concerned(focused) {
    const target = this.#target;
    return focused === this || target === focused || target?.contains(focused) || running === this;
  }

  #tell(name, detail) {
    const event = new CustomEvent(`vivavoce-${name}`, { detail, bubbles: true, composed: true });
    this.dispatchEvent(event);
  }
}

function matches(event, shortcut) {
  const parts = shortcut.toLowerCase().split("+");
  const key = parts.pop();
  const held = { alt: event.altKey, shift: event.shiftKey, control: event.ctrlKey, meta: event.metaKey };
  const wanted = Object.entries(held).every(([name, down]) => parts.includes(name) === down);
  return wanted && (event.key.toLowerCase() === key || event.code.toLowerCase() === `key${key}`);
}

function made(tag, attributes) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function microphone() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5 11a7 7 0 0 0 14 0M12 18v3");
  svg.append(path);
  return svg;
}

if (!customElements.get("vivavoce-dictate")) customElements.define("vivavoce-dictate", VivavoceDictate);
