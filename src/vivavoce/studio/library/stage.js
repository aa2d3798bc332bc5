/** One recording in full: its title, its words as they come, its sound. */

import { setText } from "../common/dom.js";
import { busy, playable } from "./library-view.js";
import { textOfRows } from "../transcript/copying.js";
import { toast } from "../common/overlays.js";
import { SAMPLE_RATE } from "../transcript/transcript.js";
import { clock, goesOf, goneOf, stateOf, titleOf, when } from "../common/words.js";

export class Stage {
  #api;
  #actions;
  #view;
  #player;
  #editing;
  #subject = null; // { id, transcript, recording, live, upload, missing, outbox }
  #abort = new AbortController();
  #frame = 0;

  constructor(api, actions, view, player, editing) {
    this.#api = api;
    this.#actions = actions;
    this.#view = view;
    this.#player = player;
    this.#editing = editing;
    this.#part("sheet-more").addEventListener("click", () => this.#menu());
    this.#part("sheet-title").addEventListener("dblclick", () => {
      const { recording } = this.#subject;
      if (recording) actions.rename(recording, this.#part("sheet-title"));
    });
    this.#part("sheet-copy").addEventListener("click", () => this.#copy());
  }

  get id() { return this.#subject?.id ?? null; }
  get transcript() { return this.#subject?.transcript ?? null; }

  /** Show this subject; null: the welcome. */
  show(subject) {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#subject = subject;
    this.#part("sheet").hidden = subject === null;
    this.#part("welcome").hidden = subject !== null;
    this.#player.load(null);
    this.#editing.show(subject);
    this.#view.show(subject?.transcript ?? null);
    if (!subject) return;
    const { signal } = this.#abort;
    for (const type of ["utterance", "interim", "position", "ended", "reset"]) {
      subject.transcript.addEventListener(type, () => this.#later(), { signal });
    }
    this.draw();
  }

  /** What the server says of the recording that is shown. */
  update(recording) {
    if (!this.#subject || recording.id !== this.id) return;
    this.#subject.recording = recording;
    this.draw();
  }

  /** Draw once for all the events of a frame: hours of words come in one go. */
  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  draw() {
    const subject = this.#subject;
    if (!subject) return;
    const { recording } = subject;
    const heard = recording !== null && playable(recording);
    setText(this.#part("sheet-title"), this.#title());
    setText(this.#part("sheet-meta"), this.#meta());
    setText(this.#part("hint"), this.#hint());
    this.#part("hint").classList.toggle("listening", this.#part("hint").textContent.endsWith("…"));
    this.#part("sheet-more").hidden = recording === null;
    this.#part("sheet-copy").hidden = !subject.transcript.hasText;
    const fresh = this.#player.load(heard ? this.#api.audioUrl(recording.id) : null, recording?.duration);
    if (fresh && heard) this.#loadPeaks(recording);
    this.#view.seekable = heard;
    this.#view.follows = this.#growing;
    this.#drawProgress();
  }

  /** Whether more words are to come. */
  get #growing() {
    const { recording, live, upload } = this.#subject;
    return Boolean(live || (upload && !upload.over) || (recording && busy(recording)));
  }

  async #loadPeaks({ id }) {
    const peaks = await this.#api.peaks(id).catch(() => null); // the slider does without
    if (this.id === id) this.#player.peaks = peaks;
  }

  #title() {
    const { recording, upload, live } = this.#subject;
    if (recording) return titleOf(recording);
    if (upload) return upload.title;
    return live ? "New recording" : "…";
  }

  #meta() {
    const { recording, transcript, live } = this.#subject;
    if (!recording) return live ? "Recording now" : "";
    const under = busy(recording);
    const length = under ? transcript.position / SAMPLE_RATE : recording.duration;
    const parts = [when(recording.created_at), clock(length), stateOf(recording)];
    if (!under) parts.push(recording.model ?? recording.engine, goneOf(recording), goesOf(recording));
    return parts.filter(Boolean).join(" · ");
  }

  #hint() {
    const { recording, transcript, live, upload, missing, source } = this.#subject;
    if (recording?.text_gone_at) return "Its text was deleted, as a rule of this server or its own says.";
    if (missing) return missing;
    if (upload?.phase === "waiting") return "It waits for its turn…";
    if (upload?.phase === "failed") return upload.why;
    if (source?.paused) return "Paused. Nothing is heard or sent.";
    if (recording?.state === "failed") return `${stateOf(recording)}.`;
    if (transcript.interim || transcript.hasText) return "";
    if (live || recording?.state === "live") return "Listening…";
    return transcript.ended === null ? "Reading the audio…" : "Nobody was heard to speak.";
  }

  #drawProgress() {
    const { upload } = this.#subject;
    const bar = this.#part("sheet-progress");
    bar.hidden = !upload || upload.over;
    if (!bar.hidden) drawProgress(bar, upload);
  }

  #menu() {
    const { recording } = this.#subject;
    if (recording) this.#actions.menu(this.#part("sheet-more"), recording, this.#part("sheet-title"));
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(textOfRows(this.#view.rows));
      toast("The text is on the clipboard.");
    } catch {
      toast("The browser did not allow copying. Select the text and copy it by hand.");
    }
  }

  #part(id) { return document.getElementById(id); }
}

/** Show an upload's progress on a bar; where its length is not known, that something moves. */
export function drawProgress(bar, upload) {
  const { progress } = upload;
  bar.classList.toggle("moving", progress === null);
  if (progress === null) bar.removeAttribute("aria-valuenow");
  else bar.setAttribute("aria-valuenow", Math.round(100 * progress));
  bar.firstElementChild.style.width = progress === null ? "" : `${100 * progress}%`;
}
