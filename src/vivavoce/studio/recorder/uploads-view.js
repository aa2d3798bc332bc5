/** Files on their way to text: one after the other, each with its progress. */

import { leftOf } from "./files.js";
import { h, icon, setText } from "../common/dom.js";
import { toast } from "../common/overlays.js";
import { drawProgress } from "../library/stage.js";
import { SAMPLE_RATE } from "../transcript/transcript.js";
import { Upload } from "./upload.js";
import { clock, lineTrouble } from "../common/words.js";

export class UploadsView {
  #base;
  #list;
  #options;
  #queue = [];
  #running = false;
  #listed = new Set(); // Uploads that have a row

  limit = null; // MiB of a file, once the server has said so
  onbegin = null; // called with an Upload that is on its way, and whether it is the first
  onend = null; // called with an Upload that is over
  oncancel = null; // called with an Upload that is cancelled, or tried again
  onopen = null; // called with an Upload whose row is pressed

  constructor(list, base, options) {
    this.#list = list;
    this.#base = base;
    this.#options = options;
  }

  get busy() { return this.#running; }

  /** Whether the recording of this id has a row here. */
  lists(id) {
    return [...this.#listed].some(({ session }) => session?.id === id);
  }

  add(files) {
    for (const file of files) this.#put(new Upload(file, this.#options.wishes(false)));
    this.#run();
  }

  #put(upload, before = null) {
    this.#list.insertBefore(this.#row(upload), before);
    this.#queue.push(upload);
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    let first = true;
    while (this.#queue.length > 0) {
      const upload = this.#queue.shift();
      if (upload.over) continue;
      const begun = () => {
        if (!upload.session) return;
        upload.removeEventListener("change", begun);
        this.onbegin?.(upload, first);
        first = false;
      };
      upload.addEventListener("change", begun);
      await upload.run(this.#base, this.limit);
      if (upload.refused) toast(`“${upload.title}” was not sent. ${upload.refused}`);
      if (upload.session && upload.phase !== "cancelled") this.onend?.(upload);
    }
    this.#running = false;
  }

  #row(upload) {
    const bar = h("div", { class: "progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, h("i"));
    const meta = h("span", { class: "meta" });
    const open = h("button", { type: "button", class: "open" }, h("span", { class: "title" }, upload.title), meta);
    const again = h("button", { type: "button", class: "quiet", "aria-label": `Try ${upload.title} again`, title: "Try again" }, icon("again"));
    const cross = h("button", { type: "button", class: "quiet" }, icon("close"));
    const row = h("li", {}, open, again, cross, bar);
    this.#listed.add(upload);
    bar.setAttribute("aria-label", upload.title);
    open.addEventListener("click", () => this.onopen?.(upload));
    again.addEventListener("click", () => this.#again(upload, row));
    cross.addEventListener("click", () => this.#dismiss(upload, row));
    const draw = () => {
      if (upload.phase === "done") this.#remove(upload, row);
      setText(meta, phaseOf(upload));
      again.hidden = upload.phase !== "failed";
      cross.setAttribute("aria-label", `${upload.over ? "Dismiss" : "Cancel"} ${upload.title}`);
      row.dataset.phase = upload.phase;
      drawProgress(bar, upload);
    };
    upload.addEventListener("change", draw);
    upload.addEventListener("end", draw);
    draw();
    return row;
  }

  /** The same file once more, with what is chosen now. What came of it before goes. */
  #again(upload, row) {
    this.#put(new Upload(upload.file, this.#options.wishes(false)), row);
    this.#remove(upload, row);
    this.oncancel?.(upload);
    this.#run();
  }

  #remove(upload, row) {
    this.#listed.delete(upload);
    row.remove();
  }

  #dismiss(upload, row) {
    this.#remove(upload, row);
    if (upload.over) return;
    upload.cancel();
    this.oncancel?.(upload);
  }
}

function phaseOf(upload) {
  const { phase, session } = upload;
  if (phase === "waiting") return "Waiting for its turn";
  if (phase === "failed") return upload.why;
  if (session?.state === "signed out") return "You are signed out. It goes on when you sign in";
  if (session?.state === "reconnecting") return lineTrouble(session.error, 0);
  const left = upload.left === null ? "" : `, ${leftOf(upload.left)}`;
  if (phase === "sending") return `Sending, ${Math.round((100 * session.acknowledged) / upload.file.size)} %${left}`;
  if (phase === "reading") return `${reading(upload)}${left}`;
  return "";
}

function reading({ session, duration }) {
  const at = clock(session.transcript.position / SAMPLE_RATE);
  return duration ? `Transcribed ${at} of ${clock(duration)}` : `Transcribed ${at}`;
}
