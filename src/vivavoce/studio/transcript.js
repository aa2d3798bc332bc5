/**
 * The transcript as the events make it: the same fold as the server's, in the page.
 *
 * A transcript has one part for each session it spans (more than one only where a session was
 * lost and recording went on in another). Positions are samples at 16 kHz since the first began.
 * Pure but for telling its listeners: `utterance`, `interim`, `reset`, `ended`.
 */

export const SAMPLE_RATE = 16000;

export class Transcript extends EventTarget {
  #parts = [{ offset: 0, log: [] }];
  #utterances = new Map(); // key -> { key, start, end, text, words }

  interim = null; // the open utterance: { key, start, end, stable, tail }
  ended = null; // the reason
  position = 0; // the last sample that any event speaks of

  /** Settled utterances with text, in order of start. */
  get utterances() {
    return [...this.#utterances.values()].filter((u) => u.text).sort((a, b) => a.start - b.start);
  }

  get hasText() {
    for (const { text } of this.#utterances.values()) if (text) return true;
    return false;
  }

  /** A new session goes on where the last one stopped, `offset` samples after the start. */
  beginPart(offset) {
    this.#parts.push({ offset, log: [] });
    this.#setInterim(null);
    this.ended = null;
  }

  /** Event number n (from 1) of the running part. It replaces what was there, from n on. */
  add(n, event) {
    const { log } = this.#parts.at(-1);
    if (n <= log.length) {
      log.length = n - 1;
      log.push(event);
      this.#rebuild();
    } else {
      log.push(event);
      this.#apply(event, this.#parts.length - 1, true);
    }
  }

  hear(interim) {
    const part = this.#parts.length - 1;
    if (this.#utterances.has(`${part}:${interim.id}`)) return; // late: it is decided already
    this.#setInterim(this.#placed(interim, part));
  }

  #rebuild() {
    this.#utterances.clear();
    this.ended = null;
    this.interim = null;
    this.#parts.forEach(({ log }, part) => {
      for (const event of log) this.#apply(event, part, false);
    });
    this.#tell("reset");
  }

  #apply(event, part, tell) {
    if (event.type === "final") {
      const utterance = this.#placed(event, part);
      this.#utterances.set(utterance.key, utterance);
      if (this.interim?.key === utterance.key) this.interim = null;
      if (tell) this.#tell("utterance", utterance);
    } else if (event.type === "revised" || event.type === "edited") {
      const old = this.#utterances.get(`${part}:${event.id}`);
      if (!old || !applies(event, old)) return;
      const revised = revise(old, event);
      this.#utterances.set(old.key, revised);
      if (tell) this.#tell("utterance", revised);
    } else if (event.type === "ended") {
      this.ended = event.reason;
      this.interim = null;
      this.#reach(this.#parts[part].offset + event.duration);
      if (tell) this.#tell("ended");
    } else if (event.at !== undefined) {
      this.#reach(this.#parts[part].offset + event.at);
      if (tell) this.#tell("position");
    }
  }

  #placed(event, part) {
    const { offset } = this.#parts[part];
    this.#reach(offset + event.end);
    return {
      ...event,
      key: `${part}:${event.id}`,
      start: offset + event.start,
      end: offset + event.end,
      revision: 0,
    };
  }

  #setInterim(interim) {
    this.interim = interim;
    this.#tell("interim", interim);
  }

  #reach(position) {
    this.position = Math.max(this.position, position);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** A person's reading beats any later machine's; an edit on an old base is none. */
function applies(event, old) {
  return event.type === "edited" ? event.base_revision === old.revision : !old.editedBy;
}

function revise(old, event) {
  return {
    ...old,
    text: event.text,
    words: event.words ?? old.words,
    revision: old.revision + 1,
    editedBy: event.actor ?? old.editedBy,
  };
}
