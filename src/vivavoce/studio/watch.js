/** Reads a recording's events into a transcript: finished, or as they come from elsewhere. */

import { EventOrder } from "./protocol.js";
import { HttpError, readEvents } from "./sse.js";

const PAUSE = 2000; // ms before the stream is opened again

/**
 * Follows until the recording has ended or `signal` aborts. A broken stream is read again from
 * its beginning: a server that took the session up again may have put other events in place.
 * Throws HttpError where trying again cannot help: there is no such recording.
 */
export async function watch(url, transcript, signal) {
  const order = new EventOrder();
  while (!signal.aborted) {
    try {
      for await (const message of readEvents(url, 0, signal)) {
        if (message.type === "interim") transcript.hear(message);
        else if (order.isNew(message)) transcript.add(message.n, message.event);
      }
      if (transcript.ended !== null) return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof HttpError && !error.error.retryable) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
