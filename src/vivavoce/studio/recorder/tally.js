/** What a recording's events say of its fortunes, and what is lost of it. Pure. */

import { SAMPLE_RATE } from "../transcript/transcript.js";

export class Tally {
  lag = 0; // seconds that wait to be turned into words
  switched = null; // { previous, engine, reason }: another engine goes on
  warning = null; // { code, message }, until words come again
  #lost = 0; // seconds

  /** An event of the session's log. */
  event(event) {
    if (event.type === "lagging") this.lag = event.behind / SAMPLE_RATE;
    else if (event.type === "engine_switched") this.switched = event;
    else if (event.type === "warning") this.warning = event;
    else if (event.type === "final") this.warning = null;
    else if (event.type === "gap") this.#lost += (event.end - event.start) / SAMPLE_RATE;
  }

  /** The server no longer has so many seconds of what it had. */
  forget(seconds) {
    this.#lost += seconds;
  }

  /**
   * Samples (16 kHz) that are neither on the server nor in this page, or that the server has and
   * cannot read. All three in seconds: what the microphone gave, what the server acknowledged,
   * what waits here. The page drops nothing, so this is 0 unless somebody is at fault.
   */
  lostSamples({ captured, acknowledged, waiting }) {
    const gone = Math.max(0, captured - acknowledged - waiting);
    return Math.round((gone + this.#lost) * SAMPLE_RATE);
  }
}
