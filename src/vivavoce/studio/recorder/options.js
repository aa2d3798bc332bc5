/**
 * What a person chooses before recording or sending a file, and what it comes to with what the
 * server can do. Pure: `options-sheet.js` shows it and remembers it.
 *
 * `info` is the server's `/api/v1/info`, or null while it is not known.
 */

export const DEFAULTS = {
  device: "", // "": the system's choice, and so on
  engine: "",
  language: "",
  translation: "",
  endpointing: "",
  diarization: false,
  speakers: 0, // 0: nobody knows
  voiceCommands: false,
  tags: "", // as they were typed
};

const MOST_SPEAKERS = 20;
const MOST_TAGS = 20;
const LONGEST_TAG = 40; // characters

/** What was remembered, as far as it can be. */
export function cleaned(stored) {
  const known = Object.entries(DEFAULTS).filter(([key, usual]) => typeof stored?.[key] === typeof usual);
  const choice = { ...DEFAULTS, ...Object.fromEntries(known.map(([key]) => [key, stored[key]])) };
  const { speakers } = choice;
  return Number.isInteger(speakers) && speakers >= 0 && speakers <= MOST_SPEAKERS ? choice : { ...choice, speakers: 0 };
}

/** Whether anything differs from what the page begins with. */
export function isUsual(choice) {
  return Object.entries(DEFAULTS).every(([key, usual]) => choice[key] === usual);
}

/** Engines that can be used, and those that lack something: `hint` says what. */
export function enginesOf(info) {
  const known = info?.engines ?? [];
  const usable = known.filter(({ installed, hint }) => installed && !hint);
  return { usable, others: known.filter((engine) => !usable.includes(engine)) };
}

/** The capabilities of the engine that will be used. */
export function capabilitiesOf(choice, info) {
  const engine = enginesOf(info).usable.find(({ name }) => name === choice.engine);
  return engine?.capabilities ?? info?.engine ?? null;
}

/** Tags of the languages that it hears; "*": any. */
export function languagesOf(choice, info) {
  return capabilitiesOf(choice, info)?.languages ?? [];
}

/** Tags of the languages that it, or a language model, translates to; "*": any. */
export function translationsOf(choice, info) {
  const own = capabilitiesOf(choice, info)?.translations ?? [];
  return info?.language_model ? [...own, "*"] : own;
}

/** The choice, less what this server cannot do (any more). */
export function possible(choice, info) {
  if (info === null) return choice;
  const engine = enginesOf(info).usable.some(({ name }) => name === choice.engine) ? choice.engine : "";
  const chosen = { ...choice, engine };
  const has = (tags, tag) => tags.includes("*") || tags.includes(tag);
  const language = has(languagesOf(chosen, info), choice.language) ? choice.language : "";
  const translation = has(translationsOf(chosen, info), choice.translation) ? choice.translation : "";
  return { ...chosen, language, translation };
}

/**
 * What to open a session with: `{device, language, engine, options, tags}`. Some is for somebody
 * who speaks into a microphone (`live`) and not for a file.
 */
export function wishesOf(choice, info, { live, title = "" }) {
  const { device, language, engine, translation, ...rest } = possible(choice, info);
  const options = {};
  if (title.trim()) options.title = title.trim();
  if (translation) options.translate_to = [translation];
  if (rest.diarization) options.diarization = true;
  if (rest.diarization && rest.speakers) options.speakers = rest.speakers;
  if (live && rest.endpointing) options.endpointing = rest.endpointing;
  if (live && rest.voiceCommands) options.voice_commands = true;
  return { device, language: language || undefined, engine: engine || undefined, options, tags: tagsOf(rest.tags) };
}

/** "Interview,  Berlin, interview" -> ["Interview", "Berlin"] */
export function tagsOf(text) {
  const tags = new Map();
  for (const part of text.split(",")) {
    const tag = part.trim().replace(/\s+/g, " ").slice(0, LONGEST_TAG);
    if (tag && !tags.has(tag.toLowerCase())) tags.set(tag.toLowerCase(), tag);
  }
  return [...tags.values()].slice(0, MOST_TAGS);
}
