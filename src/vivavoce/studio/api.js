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

  eventsUrl(id) { return this.#url(`recordings/${id}/events`); }

  #url(path) { return new URL(`api/v1/${path}`, this.base).href; }

  async #json(path, request) {
    return (await this.#fetch(path, request)).json();
  }

  async #fetch(path, request = {}) {
    const response = await fetch(this.#url(path), { cache: "no-store", ...request });
    if (!response.ok) throw new HttpError(response.status, await errorOf(response));
    return response;
  }
}
