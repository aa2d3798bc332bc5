/** Light or dark: the system's choice, until a person makes another; then that is remembered. */

import { setIcon } from "./dom.js";
import { remember } from "./storage.js";

const system = matchMedia("(prefers-color-scheme: dark)");

export function themeSwitch(button) {
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const draw = () => {
    setIcon(button, isDark() ? "sun" : "moon");
    button.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember("vivavoce.theme", root.dataset.theme);
    draw();
  });
  system.addEventListener("change", draw);
  draw();
}
