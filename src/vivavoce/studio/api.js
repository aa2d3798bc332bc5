/** The server's REST interface. Every call throws HttpError or TypeError (no answer at all). */

import { HttpError, errorOf } from "./sse.js";

export class Api {
  constructor(base) {
    this.base = base;
  }

  info() { return this.#json("info"); }

  list(cursor = null, limit = 30) {
    const query = new URLSearchParams({ limit });
    if (cursor) query.set("cursor", cursor);
    return this.#json(`recordings?${query}`);
  }

  get(id) { return this.#json(`recordings/${id}`); }

  rename(id, title) {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ title });
    return this.#json(`recordings/${id}`, { method: "PATCH", headers, body });
  }

  /** Edits: `[{ utterance, text, base_revision }]`. Gives `{ events, conflicts }`. */
  edit(id, edits) { return this.#post(`recordings/${id}/edits`, { edits }); }

  /** `{ assign: [{ utterance, speaker, words }], names: [{ speaker, name }] }` */
  speakers(id, change) { return this.#post(`recordings/${id}/speakers`, change); }

  /** Mark a place, in seconds. */
  mark(id, at, label = "") { return this.#post(`recordings/${id}/markers`, { at, label }); }

  /** The loudness over the length: `{ rate, peaks }`. */
  peaks(id) { return this.#json(`recordings/${id}/peaks`); }

  tag(id, tags) {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ tags });
    return this.#json(`recordings/${id}`, { method: "PATCH", headers, body });
  }

  async delete(id) {
    await this.#fetch(`recordings/${id}`, { method: "DELETE" });
  }

  audioUrl(id, download = false) {
    return this.#url(`recordings/${id}/audio${download ? "?download=true" : ""}`);
  }

  transcriptUrl(id, format) {
    return this.#url(`recordings/${id}/transcript?format=${format}&download=true`);
  }

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
    if (!response.ok) throw new HttpError(response.status, await errorOf(response));
    return response;
  }
}
