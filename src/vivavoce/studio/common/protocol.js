/**
 * The client's half of `vivavoce.v1`: what to send next, and what a message means.
 *
 * Pure: no sockets, no clock, no DOM. `live.js` carries its messages. The rules:
 *   - frames are numbered from 0 and kept until they are acknowledged;
 *   - `ready.next_frame` is the first frame the server does not hold: from there it is sent. The
 *     one before goes out once more, because its acknowledgement covers all that came before;
 *   - where several servers share sessions, `ready.limits.keep` says how many bytes to keep longer:
 *     a server that lacks what another one acknowledged asks for it again;
 *   - a `gap` moves the next frame to send to `expected`;
 *   - a `mark` or a `flush` has its place among the frames, and comes again with the frame behind it;
 *   - event n of a newer epoch replaces everything from n on; an event already seen is dropped;
 *   - a `finish` belongs to a line, not to the session: a new line hears it again.
 */

export const MAX_PAYLOAD = 262144 - 8; // bytes of one frame without its number
const WINDOW = 4 * 1024 * 1024; // bytes on their way and not acknowledged
const MOST_CONTROLS = 256; // that wait to be taken; the oldest are given up
const STRIKES = 8; // refusals in a row, without progress, that end the patience

/** What to do about a line that is gone. */
export const RETRY = "retry"; // open another and resume
export const RESTART = "restart"; // this session is over; go on in a new one
export const CATCH_UP = "catch up"; // the session ended while we were away: read its log
export const SIGN_IN = "sign in"; // nobody is let in without a key; then as RETRY
export const DONE = "done";
export const FAILED = "failed";

const BYTES_PER_SAMPLE = { pcm_s16le: 2, pcm_f32le: 4, mulaw: 1, alaw: 1 };

/** Which events are new: those after the last one, and those of a newer epoch in its place. */
export class EventOrder {
  last = 0;
  #epoch = 0;

  isNew({ n, epoch }) {
    if (n <= this.last && epoch <= this.#epoch) return false;
    this.last = n;
    this.#epoch = epoch;
    return true;
  }
}

export class Protocol {
  #start;
  #seat = null; // { session, token, epoch }
  #frames = []; // payloads not acknowledged, oldest first
  #newest = null; // the payload that was acknowledged last
  #keep = 0; // bytes of what was acknowledged that are kept
  #spare = []; // payloads acknowledged, oldest first: the last of them is the one before #base
  #spareBytes = 0;
  #spareControls = []; // those that were taken
  #controls = []; // { place: the frame behind it, message, sent: on this line }
  #base = 0; // the number of the first of them
  #next = 0; // the next frame to send on this line
  #kept = 0; // bytes in #frames
  #inFlight = 0; // bytes of the frames from #base to #next
  #order = new EventOrder();
  #open = false;
  #finishing = false;
  #finishSent = false;
  #ended = null; // the reason in `ended`
  #error = null; // the last error the server told
  #strikes = 0;
  #gap = -1; // the last frame that the server asked for again
  #lost = false; // the server no longer has frames that it acknowledged

  /** @param {{format: {encoding: string, rate?: number, channels?: number}}} start */
  constructor(start) {
    this.#start = { ...start, type: "start" };
    const { encoding, rate = 0, channels = 1 } = start.format;
    this.bytesPerSecond = (BYTES_PER_SAMPLE[encoding] ?? 0) * rate * channels; // 0: a container
    this.acknowledged = 0; // bytes, since the first session began
    this.pushed = 0; // bytes
  }

  get session() { return this.#seat?.session ?? null; }
  get finishing() { return this.#finishing; }
  get ended() { return this.#ended; }
  get error() { return this.#error; }
  get waiting() { return this.#kept; } // bytes
  get after() { return this.#order.last; }

  /** The audio that no server has, as one list of payloads. */
  get keptFrames() { return [...this.#frames]; }

  /** Whether a sender that can wait should wait. */
  get full() { return this.#kept >= WINDOW; }

  /** The first message on a new line. */
  hello() {
    if (!this.#seat) return this.#start;
    return { type: "resume", ...this.#seat, after: this.after };
  }

  push(payload) {
    this.#frames.push(payload);
    this.#kept += payload.byteLength;
    this.pushed += payload.byteLength;
  }

  /** Say this after the audio so far: a `flush`, or a `mark`. */
  control(message) {
    this.#controls.push({ place: this.#end, message, sent: false });
    if (this.#controls.length > MOST_CONTROLS) this.#controls.shift();
  }

  /** A frame that the server has, to be acknowledged again: the answer shows that it is there. */
  keepAlive() {
    const idle = this.#open && !this.#finishing && this.#newest && this.#frames.length === 0;
    return idle ? frame(this.#base - 1, this.#newest) : null;
  }

  /** No more audio will come. */
  finish() {
    this.#finishing = true;
  }

  /** The messages that may go out on this line now; each is given once. */
  sendable() {
    if (!this.#open) return [];
    const out = [];
    for (;;) {
      out.push(...this.#controlsHere());
      if (this.#next === this.#end || this.#inFlight >= WINDOW) break;
      const payload = this.#frames[this.#next - this.#base];
      out.push(frame(this.#next, payload));
      this.#inFlight += payload.byteLength;
      this.#next += 1;
    }
    if (this.#finishing && !this.#finishSent && this.#next === this.#end) {
      this.#finishSent = true;
      out.push(JSON.stringify({ type: "finish" }));
    }
    return out;
  }

  /** What a message says that is new, or null. */
  receive(message) {
    switch (message.type) {
      case "ready": return this.#ready(message);
      case "ack": return this.#ack(message.frame);
      case "event": return this.#event(message);
      case "interim": return message;
      case "error": return this.#failed(message);
      case "bye": return message;
      default: return null; // a newer server may say more
    }
  }

  /** The line closed with this code: what now? */
  lost(code) {
    this.#open = false;
    if (this.#ended !== null) return DONE;
    if (this.#lost || code === 4410 || this.#error?.code === "not_found") return this.#gone();
    if (code === 4401) return SIGN_IN;
    if (code === 1008 || code === 1009 || code === 4403) return FAILED;
    if ((code === 1011 || code === 4409) && ++this.#strikes >= STRIKES) return FAILED;
    return RETRY;
  }

  /** Go on in a new session, with all that is kept. Only raw audio can be cut like this. */
  restart() {
    this.#seat = null;
    for (const control of this.#controls) control.place = Math.max(0, control.place - this.#base);
    this.#base = this.#next = this.#inFlight = 0;
    this.#newest = null;
    this.#spare = [];
    this.#spareBytes = 0;
    this.#spareControls = [];
    this.#order = new EventOrder();
    this.#error = null;
    this.#lost = false;
  }

  get #end() { return this.#base + this.#frames.length; }

  #controlsHere() {
    const here = this.#controls.filter(({ place, sent }) => !sent && place <= this.#next);
    for (const control of here) control.sent = true;
    return here.map(({ message }) => JSON.stringify(message));
  }

  /** The server has the frames before `next`, so what lies before them as well. */
  #taken(next) {
    const taken = this.#controls.filter(({ place }) => place < next);
    this.#controls = this.#controls.filter(({ place }) => place >= next);
    if (this.#keep > 0) this.#spareControls.push(...taken);
    if (this.#spareControls.length > MOST_CONTROLS) this.#spareControls.splice(0, taken.length);
  }

  #ready({ session, token, epoch, next_frame: asked, limits = {} }) {
    this.#seat = { session, token, epoch };
    this.#open = true;
    this.#error = null;
    this.#gap = -1;
    this.#keep = limits.keep ?? 0;
    this.#takeBack(asked);
    // What is not kept the server goes on without, where it said how much to keep.
    const next = this.#keep > 0 ? Math.max(asked, this.#base) : asked;
    this.#taken(next);
    const from = next > this.#base ? next - 1 : next;
    return this.#sendFrom(from) ? { type: "ready", session } : { type: "lost" };
  }

  #ack(number) {
    const count = Math.min(number + 1 - this.#base, this.#frames.length);
    if (count <= 0) return null;
    const taken = this.#frames.splice(0, count);
    const bytes = sizeOf(taken);
    this.#newest = taken.at(-1);
    this.#spareThese(taken, bytes);
    this.#base += count;
    this.#taken(this.#base);
    this.#kept -= bytes;
    this.acknowledged += bytes;
    this.#inFlight = Math.max(0, this.#inFlight - bytes);
    this.#next = Math.max(this.#next, this.#base);
    this.#strikes = 0;
    return { type: "ack" };
  }

  /** Keep what was acknowledged, as much of it as the server says. */
  #spareThese(payloads, bytes) {
    this.#spare.push(...payloads);
    this.#spareBytes += bytes;
    while (this.#spareBytes > this.#keep) this.#spareBytes -= this.#spare.shift().byteLength;
  }

  /** Nothing from this frame on is acknowledged any more: this server lacks it. */
  #takeBack(number) {
    const count = Math.min(this.#base - number, this.#spare.length);
    if (count <= 0) return;
    const back = this.#spare.splice(-count);
    const bytes = sizeOf(back);
    this.#spareBytes -= bytes;
    this.#frames.unshift(...back);
    this.#base -= count;
    this.#kept += bytes;
    this.acknowledged -= bytes;
    const controls = this.#spareControls.filter(({ place }) => place >= this.#base);
    this.#spareControls = this.#spareControls.filter(({ place }) => place < this.#base);
    this.#controls.unshift(...controls);
  }

  #event(message) {
    if (!this.#order.isNew(message)) return null;
    this.#strikes = 0;
    if (message.event.type === "marker") this.#marked(message.event);
    if (message.event.type === "ended") this.#ended = message.event.reason;
    return message;
  }

  #failed(message) {
    if (message.code === "gap" && Number.isInteger(message.expected)) {
      // Every frame that was on its way draws the same answer; one of them is enough.
      if (message.expected === this.#gap) return null;
      this.#gap = message.expected;
      return this.#sendFrom(message.expected) ? null : { type: "lost" };
    }
    this.#error = message;
    return message;
  }

  /** Where no frame came after it, a mark shows by its own event that it was taken. */
  #marked({ label }) {
    const at = this.#controls.findIndex(({ message, sent }) => sent && message.label === label);
    if (at >= 0) this.#controls.splice(at, 1);
  }

  /** False where the server wants frames that it said it has. */
  #sendFrom(number) {
    if (number < this.#base) {
      this.#lost = true;
      return false;
    }
    this.#next = Math.min(number, this.#end);
    this.#inFlight = sizeOf(this.#frames.slice(0, this.#next - this.#base));
    this.#finishSent = false;
    for (const control of this.#controls) control.sent &&= control.place < number;
    return true;
  }

  #gone() {
    if (this.#finishing && this.#frames.length === 0 && this.#seat && !this.#lost) return CATCH_UP;
    return this.bytesPerSecond > 0 ? RESTART : FAILED;
  }
}

/** A binary message: the frame's number in 8 bytes, big-endian, then its payload. */
function frame(number, payload) {
  const message = new Uint8Array(8 + payload.byteLength);
  new DataView(message.buffer).setBigUint64(0, BigInt(number));
  message.set(payload, 8);
  return message;
}

function sizeOf(payloads) {
  return payloads.reduce((sum, payload) => sum + payload.byteLength, 0);
}
