/**
 * Who uses this page, where a server asks for keys: one for all its parts.
 *
 * Tells: `change` (who it is, what they may), `out` (the server knows them no more), `in`.
 */

import { HttpError, errorOf } from "./sse.js";

const RENEW_EVERY = 5 * 60 * 1000; // ms; what the server knows a person by ends in an hour

class Signing extends EventTarget {
  #base = null; // null: nobody signs in here, as on other sites' pages and where a link is read
  #asking = null;

  name = null; // of their key; null: this server asks for none
  out = false;
  known = false; // whether the server has said anything of that
  #scopes = null; // null: everything

  /** From now on this page is one on which somebody signs in. */
  begin(base) {
    this.#base = base;
    setInterval(() => this.out || this.look(), RENEW_EVERY);
    addEventListener("focus", () => this.out && this.look()); // they may have signed in elsewhere
    return this.look();
  }

  may(scope) { return this.#scopes === null || this.#scopes.includes(scope); }

  /** Ask the server, which takes it as a sign of life, too. */
  async look() {
    if (this.#base === null) return;
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    await this.#asking;
  }

  /**
   * Somebody was refused for want of a key. True as soon as they have signed in again; false
   * where that is not what it was about.
   */
  async again() {
    await this.look();
    if (!this.out) return false;
    await new Promise((resolve) => this.addEventListener("in", resolve, { once: true }));
    return true;
  }

  /** Throws HttpError or TypeError. */
  async signIn(key) {
    this.#told(await this.#call("POST", { key }));
  }

  async signOut() {
    await this.#call("DELETE");
  }

  async #ask() {
    try {
      this.#told(await this.#call("GET"));
    } catch {
      // The server is away, and says nothing about anybody.
    }
  }

  #told({ keys, name, scopes }) {
    const out = keys && name === null;
    const changed = out !== this.out || (!out && name !== this.name);
    const back = this.out && !out;
    this.out = out;
    this.known = true;
    if (!out) {
      this.name = name;
      this.#scopes = keys ? scopes : null;
    }
    if (changed) this.dispatchEvent(new Event("change"));
    if (back) this.dispatchEvent(new Event("in"));
    else if (out && changed) this.dispatchEvent(new Event("out"));
  }

  async #call(method, body = null) {
    const headers = body ? { "Content-Type": "application/json" } : {};
    const request = { method, headers, body: body && JSON.stringify(body), cache: "no-store" };
    const response = await fetch(new URL("api/v1/session", this.#base), request);
    if (!response.ok) throw new HttpError(response.status, await errorOf(response));
    return response.status === 204 ? null : response.json();
  }
}

export const signing = new Signing();

/** A form with a field `key` and a place `[role=alert]` for why it was not taken. */
export function signInForm(form, done) {
  const { key } = form.elements;
  const wrong = form.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const submit = form.querySelector("[type=submit]");
    if (submit.disabled || !key.value.trim()) return key.focus();
    submit.disabled = true;
    wrong.textContent = "";
    try {
      await signing.signIn(key.value.trim());
      key.value = "";
      done();
    } catch (error) {
      wrong.textContent = error instanceof HttpError ? error.message : "The server does not answer.";
      key.focus();
      key.select();
    } finally {
      submit.disabled = false;
    }
    return undefined;
  });
}
