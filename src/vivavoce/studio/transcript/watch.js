/** Reads a recording's events into a transcript: finished, or as they come from elsewhere. */

import { EventOrder } from "../common/protocol.js";
import { HttpError, readEvents } from "../common/sse.js";
import { signing } from "../common/signing.js";

const PAUSE = 2000; // ms before the stream is opened again

const TURN = 12; // ms after which others have their turn: hours of words come in one go

/**
 * Follows until `signal` aborts: what was said, what is being said, and what people say of it
 * later. The broken stream of a live recording is read again from its beginning: a server that
 * took the session up again may have put other events in place. Throws HttpError where trying
 * again cannot help: there is no such recording.
 */
export async function watch(url, transcript, signal) {
  const order = new EventOrder();
  order.last = transcript.last;
  while (!signal.aborted) {
    try {
      const after = transcript.ended === null ? 0 : order.last;
      let began = performance.now();
      for await (const message of readEvents(url, after, signal)) {
        if (message.type === "interim") transcript.hear(message);
        else if (order.isNew(message)) transcript.add(message.n, message.event);
        if (performance.now() - began > TURN) {
          await new Promise((resolve) => setTimeout(resolve));
          began = performance.now();
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      const back = error.status === 401 && (await signing.again());
      if (error instanceof HttpError && !error.error.retryable && !back) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
