/** What the panels ask of the server. Every call throws HttpError or TypeError (no answer). */

import { EventParser, HttpError, errorOf } from "../common/sse.js";

export class Making {
  #base;

  constructor(base) {
    this.#base = base;
  }

  info() { return this.#json("GET", "info"); }

  templates() { return this.#items("templates"); }
  putTemplate(name, title, prompt) { return this.#json("PUT", `templates/${name}`, { title, prompt }); }
  deleteTemplate(name) { return this.#call("DELETE", `templates/${name}`); }

  summaries(id) { return this.#items(`recordings/${id}/summaries`); }
  deleteSummary(id, summary) { return this.#call("DELETE", `recordings/${id}/summaries/${summary}`); }

  /** Steps of a new summary: `{ event: progress | delta | summary, data }`. */
  summarise(id, wish, signal) { return this.#steps(`recordings/${id}/summaries`, wish, signal); }

  /** Steps of an answer: `{ event: delta | answer, data }`. */
  ask(id, question, signal) { return this.#steps(`recordings/${id}/questions`, { question }, signal); }

  translations(id) { return this.#items(`recordings/${id}/translations`); }
  translate(id, language) { return this.#json("POST", `recordings/${id}/translations`, { language }); }

  diarization(id) { return this.#json("GET", `recordings/${id}/diarization`); }
  diarize(id, speakers) { return this.#json("POST", `recordings/${id}/diarization`, { speakers }); }
  cancelDiarization(id) { return this.#json("DELETE", `recordings/${id}/diarization`); }

  shares(id) { return this.#items(`recordings/${id}/shares`); }
  share(id, wish) { return this.#json("POST", `recordings/${id}/shares`, wish); }
  withdraw(share) { return this.#call("DELETE", `shares/${share}`); }

  emails(id) { return this.#items(`recordings/${id}/emails`); }
  send(id, letter) { return this.#json("POST", `recordings/${id}/emails`, letter); }

  async #items(path) {
    return (await this.#json("GET", path)).items;
  }

  async #json(method, path, body) {
    return (await this.#call(method, path, body)).json();
  }

  async #call(method, path, body, signal) {
    const headers = body ? { "Content-Type": "application/json" } : {};
    const request = { method, headers, body: body && JSON.stringify(body), signal, cache: "no-store" };
    const response = await fetch(new URL(`api/v1/${path}`, this.#base), request);
    if (!response.ok) throw new HttpError(response.status, await errorOf(response));
    return response;
  }

  /** The events of an answer that is written while it is read; its `error` is thrown. */
  async *#steps(path, body, signal) {
    const response = await this.#call("POST", path, body, signal);
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      for (const { event, data } of parser.feed(value)) {
        const said = JSON.parse(data);
        if (event === "error") throw new HttpError(response.status, said.error);
        yield { event, data: said };
      }
    }
  }
}
