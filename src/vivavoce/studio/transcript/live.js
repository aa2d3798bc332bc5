/**
 * One session with the server, whatever happens to the line: a `Protocol` with real lines,
 * a clock and patience. The microphone and files both speak through it.
 *
 * Tells: `change` (look at `status`), `event` (detail: one of the log's), `part` (detail: the
 * session that is lost and the bytes that it had) when another session goes on, and `end`. Words
 * go to `transcript`.
 */

import { openHttp, openWebSocket } from "../recorder/lines.js";
import { CATCH_UP, DONE, FAILED, Protocol, RESTART, SIGN_IN } from "../common/protocol.js";
import { signing } from "../common/signing.js";
import { readEvents } from "../common/sse.js";
import { SAMPLE_RATE, Transcript } from "./transcript.js";

const BACKOFF = [200, 500, 1000, 2000, 4000]; // ms before each further attempt
const SILENCE = 15000; // ms without an answer that was due: the line is dead
const LAST_WORDS = 60000; // the same where only words are due, which may take their time
const CHECK = 2500; // ms
const KEEP = 5000; // ms of quiet after which a session that is held is shown to be there

let webSocketsWork = null; // null: not known on this page yet

export class LiveSession extends EventTarget {
  #base;
  #protocol;
  #line = null;
  #useHttp = false;
  #attempts = 0;
  #heard = 0;
  #retry = 0;
  #watchdog = 0;
  #refused = false; // for want of a key, since the server was ready
  #held = false; // no audio comes, and it is to stay open
  #kept = 0; // when that was shown last
  #from = 0; // seconds of audio in the sessions before this one

  transcript = new Transcript();
  /** connecting | live | reconnecting | signed out | finishing | done | failed | cancelled */
  state = "connecting";
  failure = null; // the server's words, where it failed
  sessions = []; // every session (= recording) that this one spans

  constructor(base, start) {
    super();
    this.#base = base;
    this.#protocol = new Protocol(start);
    this.#watchdog = setInterval(() => this.#check(), CHECK);
    addEventListener("online", this.#now);
    this.#open();
  }

  get id() { return this.#protocol.session; }
  get over() { return ["done", "failed", "cancelled"].includes(this.state); }
  get error() { return this.#protocol.error; }
  get acknowledged() { return this.#protocol.acknowledged; } // bytes
  get waiting() { return this.#protocol.waiting; } // bytes kept until they are acknowledged
  get bytesPerSecond() { return this.#protocol.bytesPerSecond; }
  get keptFrames() { return this.#protocol.keptFrames; }
  get overHttp() { return this.#useHttp; }

  /** @param {Uint8Array} payload */
  push(payload) {
    if (this.state === "done" || this.state === "cancelled") return;
    this.#protocol.push(payload); // kept even after a failure: it can still be saved
    this.#flush();
  }

  /** Resolves when a sender that can wait may go on. */
  async room() {
    while (this.#protocol.full && !this.over) {
      await new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
    }
  }

  /** Note a moment, `seconds` after the recording began; null: where the audio is now. */
  mark(label, seconds = null) {
    const at = seconds === null ? undefined : Math.max(0, Math.round((seconds - this.#from) * SAMPLE_RATE));
    this.#protocol.control({ type: "mark", label, at });
    this.#flush();
  }

  /** No audio will come for a while: what is said is final, and the line is kept. */
  hold() {
    this.#held = true;
    this.#protocol.control({ type: "flush" });
    this.#flush();
  }

  /** Audio comes again. */
  goOn() {
    this.#held = false;
  }

  finish() {
    this.#held = false;
    this.#protocol.finish();
    if (this.state === "live") this.#become("finishing");
    this.#flush();
  }

  /** Let go at once. What the server holds is for the caller to delete. */
  cancel() {
    this.#stop("cancelled");
  }

  #open() {
    clearTimeout(this.#retry);
    this.#retry = 0;
    this.#heard = performance.now();
    const open = this.#useHttp ? openHttp : openWebSocket;
    let line = null;
    const mine = () => this.#line === line && !this.over;
    line = this.#line = open(this.#base, this.#protocol.hello(), {
      message: (message) => mine() && this.#receive(message),
      close: (code) => mine() && this.#lost(code),
    });
  }

  #receive(message) {
    this.#heard = performance.now();
    const news = this.#protocol.receive(message);
    if (news?.type === "ready") this.#ready(news);
    else if (news?.type === "event") this.#event(news);
    else if (news?.type === "interim") this.transcript.hear(news);
    else if (news?.type === "lost") this.#line.close();
    if (news) this.#changed();
    this.#flush();
  }

  #event({ n, event }) {
    this.transcript.add(n, event);
    this.dispatchEvent(new CustomEvent("event", { detail: event }));
  }

  #ready({ session }) {
    this.#attempts = 0;
    this.#refused = false;
    if (!this.#useHttp) webSocketsWork = true;
    if (!this.sessions.includes(session)) this.sessions.push(session);
    this.#become(this.#protocol.finishing ? "finishing" : "live");
  }

  #flush() {
    for (const message of this.#protocol.sendable()) this.#line?.send(message);
  }

  #lost(code) {
    this.#line = null;
    const verdict = this.#protocol.lost(code);
    if (verdict === DONE) this.#stop("done");
    else if (verdict === FAILED) this.#fail(code);
    else if (verdict === SIGN_IN) this.#signIn(code);
    else if (verdict === CATCH_UP) this.#catchUp();
    else this.#again(verdict === RESTART);
  }

  #again(anew) {
    if (anew) {
      const { acknowledged, bytesPerSecond } = this.#protocol;
      const before = this.#from;
      this.#from = acknowledged / bytesPerSecond;
      const detail = { session: this.id, seconds: this.#from - before };
      this.#protocol.restart();
      this.transcript.beginPart(Math.round(this.#from * SAMPLE_RATE));
      this.dispatchEvent(new CustomEvent("part", { detail }));
    }
    // A WebSocket that never worked on this page may be a proxy's doing: try the other way too.
    if (webSocketsWork === null) this.#useHttp = !this.#useHttp;
    const wait = BACKOFF[Math.min(this.#attempts, BACKOFF.length - 1)];
    this.#attempts += 1;
    this.#retry = setTimeout(() => this.#open(), wait * (0.75 + Math.random() / 2));
    this.#become("reconnecting");
  }

  /**
   * The server does not know us: all that is said is kept until somebody signs in again. Where
   * they are signed in, that is tried once, because a line ends with what opened it.
   */
  async #signIn(code) {
    const tried = this.#refused;
    this.#refused = true;
    this.#become("reconnecting");
    await signing.look();
    if (signing.out) {
      this.#become("signed out");
      await signing.again();
    } else if (tried) {
      return this.#fail(code);
    }
    return this.over ? undefined : this.#open();
  }

  /** The session ended while the line was down: its last words are in its log. */
  async #catchUp() {
    const url = new URL(`api/v1/recordings/${this.id}/events`, this.#base);
    try {
      for await (const message of readEvents(url, this.#protocol.after)) this.#receive(message);
      this.#stop("done");
    } catch {
      if (this.#protocol.ended !== null) this.#stop("done");
      else this.#again(false);
    }
  }

  #fail(code) {
    const fallback = { code: String(code), message: `The server closed the line (${code}).` };
    this.failure = this.#protocol.error ?? fallback;
    this.#stop("failed");
  }

  #check() {
    if (this.#held) this.#keepAlive();
    const opening = this.state === "connecting" || this.state === "reconnecting";
    const words = this.#protocol.finishing ? LAST_WORDS : Infinity;
    const due = opening || this.#protocol.waiting > 0 || this.#kept > this.#heard;
    const limit = due ? SILENCE : words;
    if (this.#line && performance.now() - this.#heard > limit) this.#line.close();
  }

  /** A session that hears nothing must show that its line is there, in both directions. */
  #keepAlive() {
    const now = performance.now();
    if (!this.#line || now - Math.max(this.#heard, this.#kept) < KEEP) return;
    const message = this.#protocol.keepAlive();
    if (!message) return;
    this.#kept = now;
    this.#line.send(message);
  }

  #now = () => {
    if (this.#retry) this.#open();
  };

  #become(state) {
    this.state = state;
    this.#changed();
  }

  #stop(state) {
    if (this.over) return;
    const line = this.#line;
    clearInterval(this.#watchdog);
    clearTimeout(this.#retry);
    removeEventListener("online", this.#now);
    this.#become(state);
    this.#line = null;
    line?.close();
    this.dispatchEvent(new Event("end"));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
