/** What can be done with a recording, wherever it is shown. */

import { signing } from "../common/signing.js";
import { confirm, editInPlace, openMenu, toast } from "../common/overlays.js";
import { titleOf } from "../common/words.js";

const FORMATS = [
  ["txt", "Plain text"],
  ["srt", "Subtitles (SRT)"],
  ["vtt", "Subtitles (WebVTT)"],
  ["csv", "Table (CSV)"],
  ["md", "Markdown"],
  ["json", "Data (JSON)"],
];

const TAGS = 20; // of a recording, at most
const LONG = 10000; // ms in which a delete can be undone

export class Actions {
  days = null; // that the bin keeps what is in it, once the server has said so; 0: there is none

  /**
   * @param changed called with (recording) after a change, @param gone with (id) after a delete,
   * @param back with (recording) when it was taken out of the bin
   */
  constructor(api, { changed, gone, back }) {
    this.api = api;
    this.changed = changed;
    this.gone = gone;
    this.back = back;
  }

  /** What can be done with it; `place`: the element that shows its title, to write in. */
  menu(button, recording, place) {
    if (recording.deleted_at) return this.#binned(button, recording);
    const { id, state } = recording;
    const text = FORMATS.map(([format, label]) => ({
      label,
      icon: "text",
      href: this.api.transcriptUrl(id, format),
    }));
    const audio = { label: "Audio", icon: "download", href: this.api.audioUrl(id, true) };
    const downloads = state === "done" ? [null, audio, ...text] : [];
    const changes = [
      { label: "Rename", icon: "pencil", run: () => this.rename(recording, place) },
      { label: "Tags", icon: "tag", run: () => this.tag(recording, place) },
    ];
    const deletes = [
      null,
      { label: this.#keeps(recording) ? "Delete" : "Delete…", icon: "trash", run: () => this.delete(recording), danger: true },
    ];
    const items = [
      ...(signing.may("transcribe") ? changes : []),
      ...downloads,
      ...(signing.may("manage") ? deletes : []),
    ];
    return openMenu(button, items[0] === null ? items.slice(1) : items);
  }

  rename(recording, place) {
    editInPlace(place, titleOf(recording), (title) => this.#change(recording, { title }));
  }

  tag(recording, place) {
    const save = (text) => {
      const tags = text.split(",").map((tag) => tag.trim()).filter(Boolean);
      this.#change(recording, { tags: [...new Set(tags)].slice(0, TAGS) });
    };
    editInPlace(place, recording.tags.join(", "), save, "Tags, with commas between them");
  }

  /** Into the bin, with a way back; for good where there is no bin, or it is still live. */
  async delete(recording) {
    if (!this.#keeps(recording)) return this.#deleteForGood(recording);
    try {
      await this.api.bin(recording.id);
    } catch (error) {
      return void toast(`It could not be deleted. ${wordsOf(error)}`);
    }
    this.gone(recording.id);
    const undo = { label: "Undo", run: () => this.#restore(recording) };
    return void toast(`“${titleOf(recording)}” is in the bin.`, undo, LONG);
  }

  #binned(button, recording) {
    openMenu(button, [
      { label: "Put back", icon: "undo", run: () => this.#restore(recording) },
      null,
      { label: "Delete for good…", icon: "trash", run: () => this.#deleteForGood(recording), danger: true },
    ]);
  }

  #keeps({ state }) {
    return state !== "live" && this.days !== 0;
  }

  async #restore(recording) {
    try {
      this.back(await this.api.restore(recording.id));
    } catch (error) {
      toast(`It could not be put back. ${wordsOf(error)}`);
    }
  }

  async #deleteForGood(recording) {
    const question = `Delete “${titleOf(recording)}”?`;
    const text = "The audio and the text are removed from the server. This cannot be undone.";
    if (!(await confirm(question, text, "Delete"))) return;
    try {
      await this.api.delete(recording.id);
    } catch (error) {
      if (error.status !== 404) return void toast(`It could not be deleted. ${wordsOf(error)}`);
    }
    this.gone(recording.id);
  }

  async #change(recording, change) {
    try {
      this.changed(await this.api.change(recording.id, change));
    } catch (error) {
      toast(`It could not be changed. ${wordsOf(error)}`);
    }
  }
}

export function wordsOf(error) {
  return error instanceof TypeError ? "The server does not answer." : error.message;
}
