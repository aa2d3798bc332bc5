/** Who is signed in, in the studio's header; and the way back in over whatever is shown. */

import { setText } from "../common/dom.js";
import { openMenu, toast } from "../common/overlays.js";
import { signInForm, signing } from "../common/signing.js";

const RIGHTS = [["read", "read"], ["transcribe", "record and correct"], ["manage", "share and delete"]];

export class Account {
  #button;
  #dialog;
  #base;

  busy = () => false; // whether something would be lost by leaving

  constructor(button, dialog, base) {
    this.#button = button;
    this.#dialog = dialog;
    this.#base = base;
    button.addEventListener("click", () => (signing.out ? dialog.showModal() : this.#menu()));
    dialog.querySelector("[data-later]").addEventListener("click", () => dialog.close());
    signInForm(dialog.querySelector("form"), () => dialog.close());
    signing.addEventListener("change", () => this.#draw());
    signing.addEventListener("out", () => dialog.open || dialog.showModal());
    signing.addEventListener("in", () => dialog.close());
  }

  #draw() {
    const { name, out } = signing;
    this.#button.hidden = name === null && !out;
    this.#button.classList.toggle("out", out);
    setText(this.#button.querySelector("span"), out ? "Sign in" : name ?? "");
    this.#button.setAttribute("aria-label", out ? "Sign in" : `Signed in as ${name}`);
    this.#button.setAttribute("aria-haspopup", out ? "dialog" : "menu");
    if (!out) document.body.dataset.may = RIGHTS.map(([scope]) => scope).filter((scope) => signing.may(scope)).join(" ");
  }

  #menu() {
    const may = RIGHTS.filter(([scope]) => signing.may(scope)).map(([, words]) => words);
    openMenu(this.#button, [
      { heading: `${signing.name} may ${list(may)}` },
      null,
      { label: "Sign out", icon: "close", run: () => this.#signOut() },
    ]);
  }

  async #signOut() {
    if (this.busy()) return toast("Something here is not saved yet. Let it end, then sign out.");
    try {
      await signing.signOut();
    } catch {
      return toast("The server does not answer, so nobody is signed out.");
    }
    return location.replace(new URL("sign-in", this.#base));
  }
}

function list(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
