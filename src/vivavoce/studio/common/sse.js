/** Server-sent events over fetch, which (unlike EventSource) can say where to begin. */

/** Splits a stream's text into `{id, event, data}`. Feed it chunks as they come. */
export class EventParser {
  #rest = "";

  feed(text) {
    const blocks = (this.#rest + text).replaceAll("\r\n", "\n").split("\n\n");
    this.#rest = blocks.pop();
    return blocks.map(parse).filter((message) => message.data !== "");
  }
}

function parse(block) {
  const message = { id: null, event: "message", data: [] };
  for (const line of block.split("\n")) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === "data") message.data.push(value);
    else if (field === "id" || field === "event") message[field] = value;
  }
  return { ...message, data: message.data.join("\n") };
}

/** The protocol messages (`event`, `interim`) of a recording after event number `after`. */
export async function* readEvents(url, after, signal) {
  const headers = { Accept: "text/event-stream" };
  if (after > 0) headers["Last-Event-ID"] = String(after);
  const response = await fetch(url, { headers, signal, cache: "no-store" });
  if (!response.ok) throw new HttpError(response.status, await errorOf(response));
  const parser = new EventParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    for (const { id, data } of parser.feed(value)) {
      yield { ...JSON.parse(data), type: id === null ? "interim" : "event" };
    }
  }
}

/** A refusal, with the server's own `{code, message, retryable}`. */
export class HttpError extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.error = error;
  }
}

export async function errorOf(response) {
  const fallback = { code: "http", message: `The server answered ${response.status}.` };
  try {
    const body = await response.json();
    return { ...fallback, ...body.error };
  } catch {
    return fallback;
  }
}
