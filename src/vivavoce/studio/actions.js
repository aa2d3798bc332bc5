/** What can be done with a recording, wherever it is shown. */

import { confirm, openMenu, toast } from "./overlays.js";
import { titleOf } from "./words.js";

const FORMATS = [
  ["txt", "Plain text"],
  ["srt", "Subtitles (SRT)"],
  ["vtt", "Subtitles (WebVTT)"],
  ["csv", "Table (CSV)"],
  ["json", "Data (JSON)"],
];

export class Actions {
  /** @param changed called with (recording) after a rename, @param gone with (id) after a delete */
  constructor(api, { changed, gone }) {
    this.api = api;
    this.changed = changed;
    this.gone = gone;
  }

  menu(button, recording, rename) {
    const { id, state } = recording;
    const text = FORMATS.map(([format, label]) => ({
      label,
      icon: "text",
      href: this.api.transcriptUrl(id, format),
    }));
    const audio = { label: "Audio", icon: "download", href: this.api.audioUrl(id, true) };
    const downloads = state === "done" ? [null, audio, ...text] : [];
    openMenu(button, [
      { label: "Rename", icon: "pencil", run: rename },
      ...downloads,
      null,
      { label: "Delete…", icon: "trash", run: () => this.delete(recording), danger: true },
    ]);
  }

  async rename(recording, title) {
    try {
      this.changed(await this.api.rename(recording.id, title));
    } catch (error) {
      toast(`It could not be renamed. ${wordsOf(error)}`);
    }
  }

  async delete(recording) {
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
}

export function wordsOf(error) {
  return error instanceof TypeError ? "The server does not answer." : error.message;
}
