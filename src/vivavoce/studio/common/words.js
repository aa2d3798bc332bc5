/** Numbers and states in words. Times in seconds unless the name says otherwise. */

import { nameOf } from "./languages.js";

const DAY = 24 * 60 * 60 * 1000;

/** 75.4 -> "1:15", 3675 -> "1:01:15" */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** 12.34 -> "12.3 s", 95 -> "1:35" */
export function span(seconds) {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds);
}

export function when(iso, now = new Date()) {
  const date = new Date(iso);
  const time = date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
  const days = Math.round((midnight(now) - midnight(date)) / DAY);
  if (days === 0) return `Today, ${time}`;
  if (days === 1) return `Yesterday, ${time}`;
  return `${day(date, now)}, ${time}`;
}

function day(date, now) {
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString([], { day: "numeric", month: "short", year });
}

/** A title for what is recorded at `date`: "Friday morning, 20 Nov". */
export function titleAt(date) {
  const [, part] = PARTS_OF_DAY.findLast(([hour]) => date.getHours() >= hour);
  const weekday = date.toLocaleDateString("en-GB", { weekday: "long" });
  return `${weekday} ${part}, ${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}`;
}

const PARTS_OF_DAY = [[0, "night"], [5, "morning"], [12, "afternoon"], [18, "evening"], [22, "night"]];

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

export function titleOf(recording) {
  return recording.title || "Untitled recording";
}

/** Who speaks: up to two by their names, more by their number; null where nobody is told apart. */
export function voicesOf({ speakers }) {
  if (speakers.length < 2) return speakers[0] ?? null;
  return speakers.length === 2 ? speakers.join(", ") : `${speakers.length} speakers`;
}

/** What else is known of a recording: "English · moonshine-tiny-en · 1,204 words · 3.1 MB". */
export function detailsOf({ language, model, engine, words, bytes }) {
  const megabytes = (bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 });
  const counted = words ? `${words.toLocaleString("en")} words` : null;
  return [language && nameOf(language), model ?? engine, counted, bytes ? `${megabytes} MB` : null].filter(Boolean).join(" · ");
}

/** What a rule has deleted of it; null: nothing. */
export function goneOf({ audio_gone_at, text_gone_at }) {
  if (audio_gone_at) return "Audio deleted";
  return text_gone_at ? "Text deleted" : null;
}

/** When a rule deletes something: "Audio goes on 3 Dec · Text goes on 2 Jan 2027"; null: never. */
export function goesOf({ audio_goes_at, text_goes_at }, now = new Date()) {
  const goes = [["Audio", audio_goes_at], ["Text", text_goes_at]].filter(([, at]) => at);
  return goes.map(([what, at]) => `${what} goes on ${day(new Date(at), now)}`).join(" · ") || null;
}

export function stateOf({ state, reason }) {
  if (state === "live") return "Live";
  if (state === "transcribing") return "Transcribing";
  if (state === "failed") return REASONS[reason] ?? `Failed (${reason ?? "no reason given"})`;
  return null;
}

const REASONS = {
  bad_audio: "This is not audio that can be read",
  engine: "The engine could not read this",
  abandoned: "Ended early: the line was lost",
  cancelled: "Cancelled",
  lost: "Its files are gone from the server",
};

/** An engine with its model, whose name often begins with the engine's. */
export function engineOf({ name, model }) {
  return !model || model.startsWith(name) ? model || name : `${name} ${model}`;
}

/** What a session that failed says to the person in front of it. */
export function failureOf({ code, message }) {
  if (code === "full") return "The server is busy with as many sessions as it can serve. Try again in a moment.";
  if (code === "bad_audio") return `This cannot be read as audio. ${message}`;
  return message;
}

/** What holds the line up, in a few words. */
export function lineTrouble(error, waiting) {
  const kept = waiting > 0 ? ` Your audio is kept: ${span(waiting)} waiting.` : "";
  if (error?.code === "full") return `The server is full. Still trying…${kept}`;
  if (error?.code === "disk") return `The server's disk is full. Still trying…${kept}`;
  if (error?.code === "draining") return `The server is restarting…${kept}`;
  return `Reconnecting…${kept}`;
}
