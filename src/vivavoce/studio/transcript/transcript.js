/**
 * The transcript as the events make it: the same fold as the server's, in the page (both are held
 * to `tests/data/folds.json`).
 *
 * A transcript has one part for each session it spans (more than one only where a session was
 * lost and recording went on in another). Positions are samples at 16 kHz since the first began.
 * Pure but for telling its listeners: `utterance`, `interim`, `names`, `position`, `reset`,
 * `ended`.
 */

export const SAMPLE_RATE = 16000;

export class Transcript extends EventTarget {
  #parts = [{ offset: 0, log: [] }];
  #utterances = new Map(); // key -> the utterance as it reads now
  #ordered = null; // those with text, in order, as long as nothing changes

  interim = null; // the open utterance: { key, start, end, stable, tail }
  ended = null; // the reason
  position = 0; // the last sample that any event speaks of
  names = {}; // of speakers, by their labels
  notes = []; // what stands between utterances: { kind: marker | gap | switched, at, text }

  /** Settled utterances with text, in order of start; the same objects until they change. */
  get utterances() {
    this.#ordered ??= [...this.#utterances.values()].filter((u) => u.text).sort(byPlace);
    return this.#ordered;
  }

  /** One utterance, also one that reads as nothing. */
  utterance(key) {
    return this.#utterances.get(key) ?? null;
  }

  /** The number of the last event of the running part. */
  get last() { return this.#parts.at(-1).log.length; }

  /** Whether an utterance is of the running part: another session has the ones before. */
  isRunning(key) {
    return key.startsWith(`${this.#parts.length - 1}:`);
  }

  get hasText() {
    return this.utterances.length > 0;
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
    this.#ordered = null;
    this.ended = null;
    this.interim = null;
    this.names = {};
    this.notes = [];
    this.#parts.forEach(({ log }, part) => {
      for (const event of log) this.#apply(event, part, false);
    });
    this.#tell("reset");
  }

  #apply(event, part, tell) {
    if (event.type === "final") {
      const utterance = { words: [], ...this.#placed(event, part) };
      if (this.interim?.key === utterance.key) this.interim = null;
      this.#set(utterance, tell);
    } else if (Object.hasOwn(READINGS, event.type)) {
      const old = this.#utterances.get(`${part}:${event.id}`);
      const read = old && READINGS[event.type](old, this.#moved(event, part));
      if (read && read !== old) this.#set(read, tell);
    } else if (event.type === "named") {
      const { [event.speaker]: _, ...others } = this.names;
      this.names = event.name ? { ...others, [event.speaker]: event.name } : others;
      if (tell) this.#tell("names");
    } else if (event.type === "ended") {
      this.ended = event.reason;
      this.interim = null;
      this.#reach(this.#parts[part].offset + event.duration);
      if (tell) this.#tell("ended");
    } else {
      this.#beside(event, this.#parts[part].offset, tell);
    }
  }

  /** What is no word: it moves the position, and some of it stands between utterances. */
  #beside(event, offset, tell) {
    const at = event.type === "gap" ? event.start : event.at;
    if (at === undefined) return;
    this.#reach(offset + (event.end ?? at));
    const text = NOTES[event.type]?.(event);
    const kind = event.type === "engine_switched" ? "switched" : event.type;
    if (text !== undefined) this.notes = [...this.notes, { kind, at: offset + at, text }];
    if (tell) this.#tell("position");
  }

  #set(utterance, tell) {
    this.#utterances.set(utterance.key, utterance);
    this.#ordered = null;
    if (tell) this.#tell("utterance", utterance);
  }

  #placed(event, part) {
    const { offset } = this.#parts[part];
    const { start, end } = event;
    this.#reach(offset + end);
    return {
      ...this.#moved(event, part),
      key: `${part}:${event.id}`,
      start: offset + start,
      end: offset + end,
      revision: 0,
    };
  }

  /** The event with its words where they lie in the whole, and not in their part. */
  #moved(event, part) {
    const { offset } = this.#parts[part];
    if (offset === 0 || !event.words || event.type === "speaker") return event;
    const words = event.words.map((word) => {
      return { ...word, start: offset + word.start, end: offset + word.end };
    });
    return { ...event, words };
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

/** What an utterance is after an event of its own; the same object: the event changes nothing. */
const READINGS = {
  revised(old, { text, words, engine, model }) {
    if (old.editedBy) return old; // a person beats every later machine
    const revision = old.revision + (text === old.text ? 0 : 1);
    return { ...old, text, words: words ?? [], engine, model, revision };
  },
  edited(old, { text, words, actor, base_revision }) {
    if (base_revision !== old.revision) return old; // it was changed since
    return { ...old, text, words: words ?? [], editedBy: actor, revision: old.revision + 1 };
  },
  speaker(old, { speaker, words, actor }) {
    if (!actor && old.speakerBy) return old;
    return { ...old, speaker: speaker || null, speakerBy: actor ?? null, words: labelled(old, words) };
  },
  translated(old, { language, text }) {
    return { ...old, translations: { ...old.translations, [language]: text } };
  },
};

/** The words with these labels; labels that are not one for each word count for none. */
function labelled({ words }, labels = []) {
  const each = labels.length === words.length;
  return words.map(({ speaker: _, ...word }, i) => {
    return each && labels[i] ? { ...word, speaker: labels[i] } : word;
  });
}

/** What stands between utterances, as a person reads it. */
const NOTES = {
  marker: ({ label }) => label || "Marked",
  gap: ({ reason }) => `Not heard: ${reason}`,
  engine_switched: ({ engine, reason }) => `${engine} goes on. ${reason}`,
};

function byPlace(a, b) {
  const tracks = (a.track ?? 0) - (b.track ?? 0);
  return a.start - b.start || tracks || a.end - b.end || (a.key < b.key ? -1 : 1);
}
