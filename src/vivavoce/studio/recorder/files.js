/**
 * What can be said of a file before it is sent, and how long it will take. Pure. The server looks
 * more closely (`audio/sniff.py`); this spares the wait for what is plain.
 */

export const HEAD = 512; // bytes of a file's beginning that are looked at

const FOREIGN = [
  ["\x89PNG", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["GIF8", "a GIF image"],
  ["%PDF", "a PDF document"],
  ["PK\x03\x04", "a ZIP archive or an Office document"],
  ["\x1f\x8b", "a gzip archive"],
  ["7z\xbc\xaf", "a 7z archive"],
  ["Rar!", "a RAR archive"],
  ["\x7fELF", "a program"],
  ["MZ", "a program"],
  ["SQLite format 3", "a database"],
];

/**
 * Why this file need not be sent, in a sentence, or null. `head`: a Uint8Array of its first
 * `HEAD` bytes; `limit`: MiB that the server takes, null where that is not known.
 */
export function refusal({ size, head, limit }) {
  if (size === 0) return "The file is empty.";
  if (limit !== null && size > limit * 2 ** 20) {
    return `The file has ${amount(size)}; this server takes ${amount(limit * 2 ** 20)} at most.`;
  }
  const what = foreign(head);
  return what ? `This is ${what}, not audio or video.` : null;
}

/** What it plainly is, or null where it may be audio. */
function foreign(head) {
  const begins = String.fromCharCode(...head.subarray(0, 32));
  const [, what] = FOREIGN.find(([magic]) => begins.startsWith(magic)) ?? [];
  if (what) return what;
  if (begins.startsWith("RIFF") && begins.slice(8, 12) === "WEBP") return "a WebP image";
  return isText(head) && !begins.startsWith("#!AMR") ? "text" : null;
}

function isText(head) {
  if (head.some((byte) => byte < 32 && ![9, 10, 12, 13, 27].includes(byte))) return false;
  try {
    // As a stream: the last character may be cut where the head ends.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** 1536 -> "1.5 KB", in units of 1024. */
export function amount(bytes) {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let at = 0;
  while (bytes >= 1024 && at < units.length - 1) {
    bytes /= 1024;
    at += 1;
  }
  return `${at === 0 || bytes >= 100 ? Math.round(bytes) : Math.round(bytes * 10) / 10} ${units[at]}`;
}

const SOON = 2; // seconds of looking on before a guess is worth saying
const MEMORY = 20; // seconds that a guess looks back

/** How fast something gets on, and how long the rest will take. */
export class Pace {
  #seen = []; // [seconds, done], oldest first

  /** At `now` seconds of any clock so much of it is `done`. */
  note(now, done) {
    this.#seen.push([now, done]);
    while (this.#seen.length > 2 && now - this.#seen[1][0] > MEMORY) this.#seen.shift();
  }

  /** Seconds until `whole` is done, or null while nobody can tell. */
  left(whole) {
    const [[since, from], [now, done]] = [this.#seen[0] ?? [0, 0], this.#seen.at(-1) ?? [0, 0]];
    if (now - since < SOON || done <= from) return null;
    return Math.max(0, ((whole - done) * (now - since)) / (done - from));
  }
}

/** 8 -> "a few seconds left", 95 -> "about 2 minutes left" */
export function leftOf(seconds) {
  if (seconds < 10) return "a few seconds left";
  if (seconds < 55) return `about ${Math.round(seconds / 10) * 10} seconds left`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 90) return minutes === 1 ? "about a minute left" : `about ${minutes} minutes left`;
  return `about ${Math.round(minutes / 60)} hours left`;
}
