/** What a shared link opens, as the pages that are opened by one ask for it. */

import { HttpError, errorOf } from "../common/sse.js";
import { watch } from "../transcript/watch.js";

const PAUSE = 5000; // ms before a server that answers strangely is asked again

/** The token in the address: its last part. */
export function tokenIn(address) {
  return decodeURIComponent(new URL(address).pathname.split("/").pop());
}

export class Shared {
  #base;

  /** @param {string} token @param {string} root where the server's paths begin */
  constructor(token, root) {
    this.#base = new URL(`api/v1/shared/${encodeURIComponent(token)}`, root).href;
  }

  get audioUrl() { return `${this.#base}/audio`; }

  /** Title, state and so on. Throws HttpError, or TypeError (no answer at all). */
  async about() {
    const response = await fetch(this.#base, { cache: "no-store" });
    if (!response.ok) throw new HttpError(response.status, await errorOf(response));
    return response.json();
  }

  /** Follow until the link does not hold any more, through whatever happens to the line. */
  async follow(transcript) {
    for (;;) {
      try {
        await watch(`${this.#base}/events?follow=true`, transcript, new AbortController().signal);
      } catch (error) {
        if (error instanceof HttpError && (error.status === 404 || error.status === 410)) return error;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
