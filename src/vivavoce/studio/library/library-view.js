/** The list of recordings, newest first, kept up to date while somebody looks at it. */

import { h, icon, setIcon, setText } from "../common/dom.js";
import { signing } from "../common/signing.js";
import { clock, detailsOf, goesOf, goneOf, stateOf, titleOf, voicesOf, when } from "../common/words.js";

const BUSY_EVERY = 2000; // ms between looks while something is under way
const IDLE_EVERY = 10000; // ms: another window, or a program, may have begun something
const DOWN_EVERY = 4000; // ms between looks while the server does not answer

const EMPTY = "Nothing here yet. What you record or drop is listed here.";
const NONE = [
  ["deleted", "The bin is empty."],
  ["q", "No recording has this in its title, its tags or its words."],
  ["tag", "No recording has this tag any more."],
];

export class LibraryView {
  #api;
  #actions;
  #list;
  #none;
  #older;
  #finder;
  #rows = new Map(); // id -> { row, recording }
  #cursor = null;
  #timer = 0;
  #open = null; // the id that the stage shows
  #playing = null; // the id that plays

  hides = null; // says of an id whether it is shown elsewhere for now
  onplay = null; // called with a recording when its play button is pressed
  onsize = null; // called with the number of recordings that are listed
  ononline = null; // called with true or false when the server answers or does not

  constructor(api, actions, finder, { list, none, older }) {
    this.#api = api;
    this.#actions = actions;
    this.#finder = finder;
    finder.addEventListener("change", () => this.#anew());
    this.#list = list;
    this.#none = none;
    this.#older = older;
    older.addEventListener("click", () => this.#more());
    document.addEventListener("visibilitychange", () => !document.hidden && this.refresh());
  }

  get(id) { return this.#rows.get(id)?.recording ?? null; }

  /** Read the newest page again and keep what lies behind it. */
  async refresh() {
    clearTimeout(this.#timer);
    if (signing.out || !signing.may("read")) return; // somebody calls again when that changes
    const { wish } = this.#finder;
    try {
      const { items, next } = await this.#api.list(null, wish);
      if (wish !== this.#finder.wish) return; // somebody wants another list by now
      this.#merge(items, next);
      this.ononline?.(true);
      this.#lookAgain(items.some(busy) ? BUSY_EVERY : IDLE_EVERY);
    } catch ({ status }) {
      this.ononline?.(status === 401 || status === 403);
      this.#lookAgain(DOWN_EVERY);
    }
  }

  update(recording) {
    const known = this.#rows.get(recording.id);
    if (known) this.#fill(known, recording);
  }

  remove(id) {
    this.#rows.get(id)?.row.remove();
    this.#rows.delete(id);
    this.#drawSize();
  }

  /** Mark the one that the stage shows, and the one that plays. */
  mark(open, playing) {
    if (open === this.#open && playing === this.#playing) return;
    [this.#open, this.#playing] = [open, playing];
    for (const [id, { row }] of this.#rows) this.#markRow(id, row);
  }

  /** Another list. */
  #anew() {
    for (const { row } of this.#rows.values()) row.remove();
    this.#rows.clear();
    this.#setCursor(null);
    this.refresh();
  }

  #lookAgain(wait) {
    this.#timer = setTimeout(() => document.hidden || this.refresh(), wait);
  }

  #merge(items, next) {
    const oldest = items.at(-1)?.created_at ?? "";
    const fresh = new Set(items.map(({ id }) => id));
    for (const [id, { recording }] of this.#rows) {
      if (!fresh.has(id) && (next === null || recording.created_at > oldest)) this.remove(id);
    }
    let tail = false; // rows of further pages stay behind the first
    for (const id of this.#rows.keys()) tail ||= !fresh.has(id);
    if (!tail) this.#setCursor(next);
    items.forEach((recording, i) => this.#put(recording, i));
    this.#drawSize();
  }

  #drawSize() {
    this.#none.hidden = this.#rows.size > 0;
    if (!this.#none.hidden) setText(this.#none, NONE.find(([what]) => this.#finder.wish[what])?.[1] ?? EMPTY);
    if (!this.#finder.any) this.onsize?.(this.#rows.size);
  }

  async #more() {
    const { items, next } = await this.#api.list(this.#cursor, this.#finder.wish);
    for (const recording of items) this.#put(recording, this.#rows.size);
    this.#setCursor(next);
  }

  #setCursor(cursor) {
    this.#cursor = cursor;
    this.#older.hidden = cursor === null;
  }

  #put(recording, index) {
    const known = this.#rows.get(recording.id) ?? this.#add(recording);
    this.#fill(known, recording);
    const there = this.#list.children[index] ?? null;
    if (there !== known.row) this.#list.insertBefore(known.row, there);
  }

  #add({ id }) {
    const play = h("button", { type: "button", class: "round small" }, icon("play"));
    const title = h("span", { class: "title" });
    const parts = ["meta", "preview", "tags"].map((name) => h("span", { class: name }));
    parts.unshift(title);
    const link = h("a", { href: `#/r/${id}` }, ...parts);
    const more = h("button", { type: "button", class: "quiet", "aria-haspopup": "menu" }, icon("more"));
    const row = h("li", { "data-id": id }, play, link, more);
    const entry = { row, recording: null };
    play.addEventListener("click", () => this.onplay?.(entry.recording));
    more.addEventListener("click", () => this.#actions.menu(more, entry.recording, link));
    this.#rows.set(id, entry);
    this.#markRow(id, row);
    return entry;
  }

  #fill(entry, recording) {
    entry.recording = recording;
    const { row } = entry;
    const title = titleOf(recording);
    const state = stateOf(recording);
    const length = busy(recording) ? null : clock(recording.duration);
    row.hidden = this.hides?.(recording.id) ?? false;
    row.dataset.state = recording.state;
    setText(row.querySelector(".title"), title);
    const about = [when(recording.created_at), length, voicesOf(recording), state, goneOf(recording)];
    setText(row.querySelector(".meta"), about.filter(Boolean).join(" · "));
    setText(row.querySelector(".preview"), recording.preview ?? "");
    this.#fillTags(row.querySelector(".tags"), recording.tags);
    row.querySelector("a").title = [detailsOf(recording), goesOf(recording)].filter(Boolean).join(" · ");
    row.firstElementChild.disabled = !playable(recording);
    row.firstElementChild.setAttribute("aria-label", `Play ${title}`);
    row.lastElementChild.setAttribute("aria-label", `${recording.deleted_at ? "Put back or delete" : "Rename, tag, download or delete"} ${title}`);
  }

  #fillTags(list, tags) {
    if (list.dataset.tags === tags.join(",")) return;
    list.dataset.tags = tags.join(",");
    list.replaceChildren(...tags.map((tag) => h("span", { class: "tag" }, tag)));
  }

  #markRow(id, row) {
    row.classList.toggle("current", id === this.#open);
    row.querySelector("a").setAttribute("aria-current", String(id === this.#open));
    setIcon(row.firstElementChild, id === this.#playing ? "pause" : "play");
  }
}

/** Whether there is something to hear. */
export function playable(recording) {
  return !busy(recording) && recording.duration > 0 && !recording.audio_gone_at;
}

export function busy({ state }) {
  return state === "live" || state === "transcribing";
}
