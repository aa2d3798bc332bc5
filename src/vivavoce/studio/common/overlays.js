/** What lies over the page: a menu, a question, a short message. One of each is enough. */

import { h, icon } from "./dom.js";

const TOAST_TIME = 6000; // ms
const ITEM = "[role^=menuitem]";

/**
 * Opens a menu at a button. Items: `{label, icon, href | run, danger?}`, a choice of one
 * (`{label, checked, run}`), `{heading}`, or null (a line). `colour`: a speaker's, by number.
 */
export function openMenu(button, items) {
  const menu = document.getElementById("menu");
  menu.replaceChildren(...items.map((item) => menuPart(menu, item)));
  menu.onkeydown = (event) => moveFocus(menu, event);
  menu.ontoggle = ({ newState }) => {
    button.setAttribute("aria-expanded", String(newState === "open"));
  };
  menu.showPopover();
  place(menu, button.getBoundingClientRect());
  const first = menu.querySelector("[aria-checked=true]") ?? menu.querySelector(ITEM);
  (first ?? menu).focus({ preventScroll: true });
}

function menuPart(menu, item) {
  if (!item) return h("hr");
  if (item.heading) return h("p", { class: "heading", role: "presentation" }, item.heading);
  return menuItem(menu, item);
}

function menuItem(menu, { label, icon: name, href, run, danger = false, checked = null, colour = null }) {
  const tag = href ? "a" : "button";
  const link = href ? { href, download: "" } : { type: "button" };
  const choice = checked === null ? { role: "menuitem" } : { role: "menuitemradio", "aria-checked": String(checked) };
  const sign = icon(checked === null ? name : "check");
  const item = h(tag, { ...link, ...choice, class: danger ? "danger" : null, "data-colour": colour }, sign, label);
  item.addEventListener("click", () => {
    menu.hidePopover();
    run?.();
  });
  return item;
}

function moveFocus(menu, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll(ITEM)];
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length].focus();
}

function place(menu, anchor) {
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.min(Math.max(8, anchor.right - width), innerWidth - width - 8);
  const below = anchor.bottom + 6;
  const top = below + height < innerHeight ? below : Math.max(8, anchor.top - height - 6);
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
}

/** Asks before something that cannot be undone. Resolves to true or false. */
export function confirm(title, text, action) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  dialog.querySelector("[value=yes]").textContent = action;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
  });
}

/** A short message. With `action` ({label, run}) it stays for `time` ms, or until it is answered. */
export function toast(text, action = null, time = null) {
  const close = () => box.remove();
  const box = h("div", { class: "toast" }, h("p", {}, text));
  if (action) {
    const run = () => { close(); action.run(); };
    box.append(h("button", { type: "button", class: "button", onclick: run }, action.label));
  }
  const cross = h("button", { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: close });
  cross.append(icon("close"));
  box.append(cross);
  document.getElementById("toasts").append(box);
  if (time || !action) setTimeout(close, time ?? TOAST_TIME + 40 * text.length);
}

/** Turns an element's text into a field until Enter, Escape or the focus leaves. An empty title
 * is none; other texts may be empty. */
export function editInPlace(element, text, save, label = "Title") {
  if (element.hidden) return;
  const field = h("input", { class: "rename", "aria-label": label, maxlength: label === "Title" ? "200" : "1000" });
  field.value = text;
  const done = (keep) => {
    if (!field.isConnected) return;
    const title = field.value.trim();
    field.onblur = null;
    field.remove();
    element.hidden = false;
    if (keep && (title || label !== "Title") && title !== text) save(title);
  };
  field.onkeydown = (event) => {
    if (event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      done(event.key === "Enter");
    }
  };
  field.onblur = () => done(true);
  element.hidden = true;
  element.after(field);
  field.focus();
  field.select();
}
