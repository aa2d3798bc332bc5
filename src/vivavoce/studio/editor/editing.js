/** The editor's own wiring: the text, the sound, what was changed, and the keyboard. */

import { wordsOf } from "../library/actions.js";
import { Changes } from "./changes.js";
import { Conflicts } from "./conflicts.js";
import { selectedText } from "../transcript/copying.js";
import { setText } from "../common/dom.js";
import { Editor } from "./editor.js";
import { Find } from "./find.js";
import { listenForKeys } from "./keys.js";
import { openMenu, toast } from "../common/overlays.js";
import { RATES } from "./player.js";
import { Reading } from "../transcript/reading.js";
import { signing } from "../common/signing.js";
import { Shading } from "../transcript/shading.js";
import { speechOf } from "./silence.js";
import { SpeakersView } from "./speakers-view.js";
import { SAMPLE_RATE } from "../transcript/transcript.js";
import { Translations } from "../transcript/translations.js";

const HANDS_OFF = 3000; // ms after somebody scrolled in which playing does not

export class Editing {
  #api;
  #view;
  #player;
  #editor;
  #find;
  #reading;
  #conflicts;
  #translations;
  #subject = null;
  #changes;
  #speech = null;
  #scrolled = 0;
  #goal = null; // seconds: where to go when its words are there

  free = () => true; // whether keys may play and mark

  constructor(api, view, player) {
    this.#api = api;
    this.#view = view;
    this.#player = player;
    const body = part("transcript");
    this.#reading = new Reading(view);
    this.#changes = new Changes(api);
    this.#changes.addEventListener("change", () => this.#changed());
    view.reading = (utterance) => this.#changes.reading(utterance);
    this.#editor = new Editor(view, body, (...edit) => this.#changes.edit(...edit));
    this.#find = new Find(part("find"), view);
    this.#conflicts = new Conflicts(view);
    new Shading(view, part("scroller"), tool("shading"));
    this.#translations = new Translations(view, tool("language"));
    this.#wireEditor();
    this.#wireFind();
    this.#wirePlayer();
    this.#wireSpeakers(body);
    this.#wireTools(body);
    this.#wireKeys();
  }

  /** What is not saved yet, so that nobody leaves without it. */
  get unsaved() { return this.#editor.dirty || this.#changes.unsaved; }

  /** Correct this subject's transcript; null: none. */
  show(subject) {
    this.#editor.leave();
    this.#find.close();
    this.#reading.clear();
    this.#subject = subject;
    this.#speech = null;
    this.#goal = null;
    this.#player.cue(null);
    this.#changes.show(subject);
    this.#conflicts.draw(this.#changes.conflicts);
    this.#drawTools();
  }

  /** Show this language under the words, now or when there is something in it. */
  translate(language) {
    this.#translations.choose(language);
  }

  #changed() {
    this.#view.redraw();
    this.#conflicts.draw(this.#changes.conflicts);
    this.#drawTools();
  }

  #back(which) {
    this.#editor.commit();
    const keys = this.#changes.back(which);
    if (keys === null) return false;
    const shown = () => {
      this.#editor.refresh();
      this.#view.spanOf(keys[0])?.scrollIntoView({ block: "nearest" });
    };
    this.#view.addEventListener("drawn", shown, { once: true });
    return true;
  }

  // The parts, and what they tell each other.

  #wireEditor() {
    const editor = this.#editor;
    editor.enabled = ({ key }) =>
      signing.may("transcribe") && Boolean(this.#subject?.id) && this.#subject.transcript.isRunning(key);
    editor.base = (utterance) => this.#changes.base(utterance);
    editor.onclick = ({ utterance }, place) => {
      const word = this.#reading.goTo(utterance, place);
      if (word) this.#player.playFrom(word.start / SAMPLE_RATE);
    };
    editor.onbegin = ({ utterance, from }) => this.#player.playing || this.#reading.goTo(utterance, from);
    editor.onend = () => this.#drawTools();
    editor.onleave = () => part("scroller").focus({ preventScroll: true });
    editor.ontype = () => this.#player.pause();
    editor.onundo = (which) => this.#back(which);
    this.#conflicts.onsettle = (key, mine) => this.#changes.settle(key, mine);
  }

  #wireFind() {
    this.#find.onreplace = (changes) => this.#changes.editAll(changes);
    this.#find.onclose = () => {
      tool("find").setAttribute("aria-expanded", "false");
      part("scroller").focus({ preventScroll: true });
    };
  }

  #openFind() {
    if (this.#find.open) part("find").querySelector("input").focus();
    this.#editor.commit();
    tool("find").setAttribute("aria-expanded", "true");
    this.#find.show();
  }

  #wirePlayer() {
    const player = this.#player;
    player.speech = () => (this.#speech ??= speechOf(this.#view.utterances, SAMPLE_RATE));
    this.#view.addEventListener("drawn", () => {
      this.#speech = null;
      this.#arrive();
    });
    player.onrate = (button) => openMenu(button, RATES.map((rate) => ({
      label: `${rate}×`, checked: rate === player.rate, run: () => (player.rate = rate),
    })));
    for (const type of ["wheel", "touchmove", "keydown"]) {
      part("scroller").addEventListener(type, () => (this.#scrolled = performance.now()), { passive: true });
    }
  }

  /** Go to what is said at `seconds`, now or when it is there. */
  goTo(seconds) {
    this.#player.cue(seconds);
    this.#goal = seconds;
    this.#arrive();
  }

  #arrive() {
    if (this.#goal === null || !this.#reading.reach(this.#goal)) return;
    this.#goal = null;
    this.#reading.show("center");
  }

  /** The sound is at `seconds`. */
  heard(seconds, playing) {
    if (!playing && seconds === 0) return void this.#reading.hear(-1);
    const moved = this.#reading.hear(seconds);
    const free = performance.now() - this.#scrolled > HANDS_OFF;
    if (moved && playing && free && !this.#editor.span) this.#reading.show();
  }

  #wireSpeakers(body) {
    const speakers = new SpeakersView(this.#view, body, tool("speaker"));
    speakers.onchange = (change) => this.#changes.speakers(change);
    speakers.here = () => {
      const place = this.#reading.place;
      const piece = this.#editor.piece ?? (place && this.#view.pieceOf(place.element));
      return piece && { piece, from: piece.from, to: piece.to };
    };
  }

  #wireTools(body) {
    tool("undo").addEventListener("click", () => this.#back("undo"));
    tool("redo").addEventListener("click", () => this.#back("redo"));
    tool("find").addEventListener("click", () => this.#openFind());
    tool("keys").addEventListener("click", () => part("keys").showModal());
    body.addEventListener("click", ({ target }) => {
      const row = target.matches("button.stamp") && this.#view.rowOf(target.closest("[data-row]"));
      if (row) this.#player.playFrom(row.start / SAMPLE_RATE);
    });
    document.addEventListener("copy", (event) => {
      const text = selectedText(this.#view, body);
      if (text === null || event.target.closest?.("input, textarea")) return;
      event.preventDefault();
      event.clipboardData.setData("text/plain", text);
    });
    this.#view.addEventListener("drawn", () => this.#drawTools());
  }

  #wireKeys() {
    const player = this.#player;
    const playable = (run) => (...them) => player.loaded && this.free() && void run(...them);
    const goTo = (word) => word && (player.loaded ? void player.seek(word.start / SAMPLE_RATE) : true);
    const seconds = () => (player.loaded ? player.position : null);
    listenForKeys(
      {
        toggle: playable(() => player.toggle()),
        seek: playable((by) => player.seek(player.position + by)),
        rate: playable((by) => player.faster(by)),
        word: (by) => goTo(this.#reading.step(by, seconds())),
        utterance: (by) => goTo(this.#reading.stepUtterance(by, seconds())),
        edit: () => this.#editHere(),
        undo: () => this.#back("undo"),
        redo: () => this.#back("redo"),
        find: () => this.#openFind(),
        marker: playable(() => signing.may("transcribe") && void this.#mark()),
        help: () => part("keys").showModal(),
      },
      () => this.#subject !== null && !part("sheet").hidden,
      () => this.#editor.span !== null,
    );
  }

  #editHere() {
    const place = this.#reading.place ?? (this.#reading.step(1, 0) && this.#reading.place);
    return place ? this.#editor.begin(place.element, place.from) : false;
  }

  async #mark() {
    try {
      await this.#api.mark(this.#subject.id, this.#player.position);
    } catch (error) {
      toast(`The marker could not be set. ${wordsOf(error)}`);
    }
  }

  #drawTools() {
    const { canUndo, canRedo, state, words } = this.#changes;
    part("tools").hidden = !this.#subject?.transcript.hasText && !canUndo;
    tool("undo").disabled = !canUndo;
    tool("redo").disabled = !canRedo;
    setText(tool("saved"), words);
    tool("saved").dataset.state = state;
  }
}

function part(id) {
  return document.getElementById(id);
}

function tool(name) {
  return document.querySelector(`#tools [data-${name}]`);
}
