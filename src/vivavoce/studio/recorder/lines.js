/**
 * Two ways to the server, alike from outside: `open(base, hello, on)` gives
 * `{send(message), close()}` and calls `on.message(object)` and, once, `on.close(code)`.
 * Messages to send are what `Protocol` gives: a Uint8Array (a frame) or text (control).
 * `base` may have a `?token=`, by which the server knows another site's page.
 */

import { HttpError, errorOf, readEvents } from "../common/sse.js";

const BATCH = 1024 * 1024; // bytes of frames in one request

export function openWebSocket(base, hello, on) {
  const url = new URL("api/v1/live", base);
  url.protocol = url.protocol.replace("http", "ws");
  const token = tokenIn(base);
  const socket = new WebSocket(url, token ? ["vivavoce.v1", `vivavoce.token.${token}`] : ["vivavoce.v1"]);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => socket.send(JSON.stringify(hello));
  socket.onmessage = ({ data }) => typeof data === "string" && on.message(JSON.parse(data));
  socket.onclose = ({ code }) => on.close(code);
  return {
    send: (message) => socket.readyState === WebSocket.OPEN && socket.send(message),
    close() {
      // A dead peer would hold the closing handshake up for minutes: do not wait for it.
      socket.onmessage = socket.onclose = null;
      socket.close();
      on.close(1006);
    },
  };
}

/** The same protocol over plain requests, for where a proxy breaks WebSockets. */
export function openHttp(base, hello, on) {
  return new HttpLine(base, hello, on);
}

class HttpLine {
  #base;
  #on;
  #queue = [];
  #sending = false;
  #seat = null;
  #abort = new AbortController();

  constructor(base, hello, on) {
    this.#base = base;
    this.#on = on;
    this.#run(hello).then(() => this.#end(1000), (error) => this.#fail(error));
  }

  send(message) {
    this.#queue.push(message);
    this.#pump().catch((error) => this.#fail(error));
  }

  close() {
    this.#end(1006);
  }

  async #run(hello) {
    this.#seat = await this.#post("api/v1/live", JSON.stringify(hello), "application/json");
    this.#on.message({ type: "ready", ...this.#seat });
    const events = new URL(`api/v1/recordings/${this.#seat.session}/events`, this.#base);
    let ended = false;
    for await (const message of readEvents(events, hello.after ?? 0, this.#abort.signal)) {
      this.#on.message(message);
      ended ||= message.event?.type === "ended";
    }
    if (!ended) throw new TypeError("The event stream broke.");
  }

  async #pump() {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#queue.length > 0 && !this.#abort.signal.aborted) {
      const answer = await this.#postNext();
      if (answer?.type) this.#on.message(answer);
    }
    this.#sending = false;
  }

  #postNext() {
    const path = `api/v1/live/${this.#seat.session}`;
    if (typeof this.#queue[0] === "string") {
      return this.#post(`${path}/control`, this.#queue.shift(), "application/json");
    }
    return this.#post(`${path}/frames`, this.#batch(), "application/octet-stream");
  }

  /** Frames from the queue, each behind its length in 4 bytes, big-endian. */
  #batch() {
    const parts = [];
    let size = 0;
    while (this.#queue[0] instanceof Uint8Array && size < BATCH) {
      const frame = this.#queue.shift();
      const length = new DataView(new ArrayBuffer(4));
      length.setUint32(0, frame.byteLength);
      parts.push(length.buffer, frame);
      size += frame.byteLength;
    }
    return new Blob(parts);
  }

  async #post(path, body, type) {
    const headers = { "Content-Type": type };
    if (this.#seat) headers.Authorization = `Bearer ${this.#seat.token}`;
    const token = tokenIn(this.#base);
    if (token) headers["X-Api-Key"] = token;
    const request = { method: "POST", headers, body, signal: this.#abort.signal };
    const response = await fetch(new URL(path, this.#base), request);
    if (response.ok) return response.status === 204 ? null : response.json();
    const error = await errorOf(response);
    if (error.code !== "gap") throw new HttpError(response.status, error);
    this.#queue = []; // all of it comes again, in order
    return { type: "error", ...error };
  }

  #fail(error) {
    if (this.#abort.signal.aborted) return;
    if (error instanceof HttpError) this.#on.message({ type: "error", ...error.error });
    this.#end(error instanceof HttpError ? closeCode(error) : 1006);
  }

  #end(code) {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#on.close(code);
  }
}

function tokenIn(base) {
  return new URL(base).searchParams.get("token");
}

/** The close code that a WebSocket would have had for this refusal. */
function closeCode({ status }) {
  const codes = { 401: 4401, 404: 4410, 409: 4409, 410: 4410, 413: 1009, 503: 1013, 507: 1013 };
  return codes[status] ?? (status >= 500 ? 1011 : 1008);
}
