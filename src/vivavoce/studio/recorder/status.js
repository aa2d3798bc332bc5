/** What is true of a recording that runs, in plain sentences. Pure. */

import { lineTrouble, span } from "../common/words.js";

const SLOW = 5; // seconds of audio waiting in the page before it is said

/** The line, in a word or two. `session` null: nothing is recorded. */
export function lineOf(session, { online, paused }) {
  if (!session) return online ? "Ready" : "Server away";
  const words = {
    connecting: "Connecting", reconnecting: "Reconnecting", "signed out": "Signed out", finishing: "Last words",
  };
  if (words[session.state]) return words[session.state];
  if (paused) return "Paused";
  return session.overHttp ? "Live (HTTP)" : "Live";
}

/** What holds something up, the gravest first, with its numbers; null: nothing does. */
export function troubleOf({ session, waiting, tally, paused }) {
  if (session.state === "signed out") return `You are signed out. Your audio is kept here: ${span(waiting)} waiting. Sign in to go on.`;
  if (session.state === "reconnecting") return lineTrouble(session.error, waiting);
  if (waiting > SLOW) return `The line is slow. Your audio is kept: ${span(waiting)} waiting.`;
  if (tally.warning) return `${ended(tally.warning.message)} What you say is kept, and becomes words later.`;
  if (tally.lag > 0 && !paused) return `Words come late: ${span(tally.lag)} of speech wait to be read. All of it is kept.`;
  return null;
}

/** The same without numbers, for those who are read to: said once, and not ten times a second. */
export function stateOf(recording, state) {
  if (state === "asking") return "Waiting for the microphone.";
  if (state === "finishing") return "Recording has stopped. The last words are on their way.";
  if (!recording) return "";
  const { session, tally, waiting } = recording;
  if (session.state === "signed out") return "You are signed out. Your audio is kept here. Sign in to go on.";
  if (session.state === "reconnecting") return lineTrouble(session.error, 0);
  if (waiting > SLOW) return "The line is slow. Your audio is kept.";
  if (tally.warning) return ended(tally.warning.message);
  if (state === "paused") return "Paused. Nothing is heard or sent.";
  if (tally.lag > 0) return "Words come late. All that you say is kept.";
  return "Recording.";
}

/** What happened once and is over: another engine reads on. */
export function switchOf({ previous, engine, reason }) {
  return `${engine} reads on in the place of ${previous}. ${ended(reason)} No word is lost.`;
}

/** Whole numbers with their thousands apart: "0 samples", "1,600 samples". */
export function lostOf(samples) {
  return `${samples.toLocaleString("en")} samples`;
}

function ended(sentence) {
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}
