/** The server's REST interface. Every call throws HttpError or TypeError (no answer at all). */

import { signing } from "./signing.js";
import { HttpError, errorOf } from "./sse.js";

export class Api {
  constructor(base) {
    this.base = base;
  }

  info() { return this.#json("info"); }

  /** Recordings; `wish`: `{ q, tag, deleted }`, of which only those. */
  list(cursor = null, { q = "", tag = null, deleted = false } = {}, limit = 30) {
    const query = new URLSearchParams({ limit });
    if (cursor) query.set("cursor", cursor);
    if (q) query.set("q", q);
    if (tag) query.set("tag", tag);
    if (deleted) query.set("deleted", "true");
    return this.#json(`recordings?${query}`);
  }

  /** What was said, in all recordings. */
  search(q, cursor = null, signal = null, limit = 10) {
    const query = new URLSearchParams({ q, limit });
    if (cursor) query.set("cursor", cursor);
    return this.#json(`search?${query}`, { signal });
  }

  tags() { return this.#json("tags"); }

  get(id) { return this.#json(`recordings/${id}`); }

  /** Another title, other tags. */
  change(id, change) {
    const headers = { "Content-Type": "application/json" };
    return this.#json(`recordings/${id}`, { method: "PATCH", headers, body: JSON.stringify(change) });
  }

  bin(id) { return this.#json(`recordings/${id}/bin`, { method: "POST" }); }
  restore(id) { return this.#json(`recordings/${id}/bin`, { method: "DELETE" }); }

  /** Edits: `[{ utterance, text, base_revision }]`. Gives `{ events, conflicts }`. */
  edit(id, edits) { return this.#post(`recordings/${id}/edits`, { edits }); }

  /** `{ assign: [{ utterance, speaker, words }], names: [{ speaker, name }] }` */
  speakers(id, change) { return this.#post(`recordings/${id}/speakers`, change); }

  /** Mark a place, in seconds. */
  mark(id, at, label = "") { return this.#post(`recordings/${id}/markers`, { at, label }); }

  /** The loudness over the length: `{ rate, peaks }`. */
  peaks(id) { return this.#json(`recordings/${id}/peaks`); }

  async delete(id) {
    await this.#fetch(`recordings/${id}`, { method: "DELETE" });
  }

  audioUrl(id, download = false) {
    return this.#url(`recordings/${id}/audio${download ? "?download=true" : ""}`);
  }

  transcriptUrl(id, format) {
    return this.#url(`recordings/${id}/transcript?format=${format}&download=true`);
  }

  /** One table of all transcripts. */
  tableUrl() { return this.#url("transcripts.csv"); }

  /** All that is said of a recording, now and later. */
  eventsUrl(id) { return this.#url(`recordings/${id}/events?follow=true`); }

  #url(path) { return new URL(`api/v1/${path}`, this.base).href; }

  #post(path, body) {
    const headers = { "Content-Type": "application/json" };
    return this.#json(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async #json(path, request) {
    return (await this.#fetch(path, request)).json();
  }

  async #fetch(path, request = {}) {
    const response = await fetch(this.#url(path), { cache: "no-store", ...request });
    if (response.status === 401) signing.look();
    if (!response.ok) throw new HttpError(response.status, await errorOf(response));
    return response;
  }
}
