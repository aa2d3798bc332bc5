/** Files on their way to text: one after the other, each with its progress. */

import { h, icon, setText } from "./dom.js";
import { drawProgress } from "./stage.js";
import { SAMPLE_RATE } from "./transcript.js";
import { Upload } from "./upload.js";
import { clock, failureOf, lineTrouble } from "./words.js";

export class UploadsView {
  #base;
  #list;
  #queue = [];
  #running = false;

  onbegin = null; // called with an Upload that is on its way, and whether it is the first
  onend = null; // called with an Upload that is over
  oncancel = null; // called with an Upload that is cancelled
  onopen = null; // called with an Upload whose row is pressed

  constructor(list, base) {
    this.#list = list;
    this.#base = base;
  }

  get busy() { return this.#running; }

  add(files) {
    for (const file of files) {
      const upload = new Upload(file);
      this.#list.append(this.#row(upload));
      this.#queue.push(upload);
    }
    this.#run();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    let first = true;
    while (this.#queue.length > 0) {
      const upload = this.#queue.shift();
      if (upload.over) continue;
      const done = upload.run(this.#base);
      this.onbegin?.(upload, first);
      first = false;
      await done;
      if (upload.phase !== "cancelled") this.onend?.(upload);
    }
    this.#running = false;
  }

  #row(upload) {
    const bar = h("div", { class: "progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, h("i"));
    const meta = h("span", { class: "meta" });
    const open = h("button", { type: "button", class: "open" }, h("span", { class: "title" }, upload.title), meta);
    const cross = h("button", { type: "button", class: "quiet" }, icon("close"));
    const row = h("li", {}, open, cross, bar);
    bar.setAttribute("aria-label", upload.title);
    open.addEventListener("click", () => this.onopen?.(upload));
    cross.addEventListener("click", () => this.#dismiss(upload, row));
    const draw = () => {
      if (upload.phase === "done") row.remove();
      setText(meta, phaseOf(upload));
      cross.setAttribute("aria-label", `${upload.over ? "Dismiss" : "Cancel"} ${upload.title}`);
      row.dataset.phase = upload.phase;
      drawProgress(bar, upload);
    };
    upload.addEventListener("change", draw);
    draw();
    return row;
  }

  #dismiss(upload, row) {
    row.remove();
    if (upload.over) return;
    upload.cancel();
    this.oncancel?.(upload);
  }
}

function phaseOf(upload) {
  const { phase, session } = upload;
  if (phase === "waiting") return "Waiting for its turn";
  if (phase === "failed") return failureOf(session.failure);
  if (session?.state === "reconnecting") return lineTrouble(session.error, 0);
  if (phase === "sending") return `Sending, ${Math.round((100 * session.acknowledged) / upload.file.size)} %`;
  if (phase === "reading") return reading(upload);
  return "";
}

function reading({ session, duration }) {
  const at = clock(session.transcript.position / SAMPLE_RATE);
  return duration ? `Transcribed ${at} of ${clock(duration)}` : `Transcribed ${at}`;
}
