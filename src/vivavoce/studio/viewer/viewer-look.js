/** How a reader wants to read: size, colours, spacing. Remembered in this browser. */

import { recall, remember } from "../common/storage.js";

const KEY = "vivavoce.viewer";
const CHOICES = ["size", "colours", "spacing"];

/** Dress the page as it was left, and let its reader change it. */
export function readerLook() {
  const root = document.documentElement;
  const wishes = { size: "1.25", colours: "system", spacing: "normal", ...chosen() };
  const dress = () => {
    root.style.setProperty("--size", `${wishes.size}rem`);
    root.dataset.colours = wishes.colours;
    root.dataset.spacing = wishes.spacing;
  };
  for (const name of CHOICES) {
    const select = document.getElementById(name);
    select.value = wishes[name];
    if (select.selectedIndex < 0) select.value = wishes[name] = select.options[0].value;
    select.addEventListener("change", () => {
      wishes[name] = select.value;
      choose({ [name]: select.value });
      dress();
    });
  }
  dress();
}

/** What this reader chose, here or in another recording. */
export function chosen() {
  try {
    return { ...JSON.parse(recall(KEY)) };
  } catch {
    return {}; // it holds something else
  }
}

export function choose(wish) {
  remember(KEY, JSON.stringify({ ...chosen(), ...wish }));
}
