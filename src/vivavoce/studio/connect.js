/** The page `connect`: snippets with this server's address, and lights for what is heard. */

import { h, setIcon, setText } from "./common/dom.js";
import { signing } from "./common/signing.js";
import { themeSwitch } from "./common/theme-switch.js";

const LOOK_EVERY = 1000; // ms
const COPIED_FOR = 2000; // ms
const KEYED = [ // what a snippet has, and what it needs where the server asks for keys
  ['"any"', '"vv_..."'],
  ["curl -F", 'curl -H "Authorization: Bearer vv_..." -F'],
  ['") as session', '", key="vv_...") as session'],
  ['{ transports: ["websocket"] }', '{ transports: ["websocket"], auth: { token: "vv_..." } }'],
  ['"vivavoce.v1")', '["vivavoce.v1", "vivavoce.token.TOKEN"])'],
  ['/ws"', '/ws?token=TOKEN"'],
  ['/ws/transcribe"', '/ws/transcribe?token=TOKEN"'],
  ['"Content-Type": "application/json" }', '"Content-Type": "application/json", Authorization: "Bearer TOKEN" }'],
];
const OFF = "Off. Start the server with VIVAVOCE_WYOMING_PORT=10300";

const base = new URL(".", document.baseURI);
const ways = [...document.querySelectorAll(".way")];
const trouble = document.getElementById("trouble");
const spoken = document.getElementById("spoken");

let since = null; // the server's time when this page was opened
let wyoming; // its port
const times = {}; // protocol -> when it was heard last; one of several server processes answers

function fillIn() {
  const address = base.href.replace(/\/$/, "");
  const bare = address.replace(/^https?:\/\//, "");
  const secure = base.protocol === "https:" ? "s" : "";
  for (const code of document.querySelectorAll("code:not([data-wyoming])")) {
    code.textContent = code.textContent
      .replaceAll("https://localhost:8000", `https://${bare}`) // what takes nothing but TLS
      .replaceAll("http://localhost:8000", address)
      .replaceAll("ws://localhost:8000", `ws${secure}://${bare}`);
  }
}

function askForKeys() {
  for (const code of document.querySelectorAll("code:not([data-wyoming])")) {
    code.textContent = KEYED.reduce((text, [without, keyed]) => text.replaceAll(without, keyed), code.textContent);
  }
  for (const part of document.querySelectorAll("[data-keyless]")) part.hidden = true;
  document.getElementById("keys").hidden = false;
}

function listWays() {
  const items = ways.map((way) => {
    const title = way.querySelector("h2");
    return h("li", {}, h("a", { class: "button", href: `#${title.id}` }, h("i", { "aria-hidden": "true" }), title.textContent));
  });
  document.getElementById("ways").append(...items);
}

async function copy(button) {
  const text = button.parentElement.querySelector("code").textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("code"));
    setText(spoken, "The browser did not allow copying. The text is selected: copy it by hand.");
    return;
  }
  setIcon(button, "check");
  setText(spoken, "Copied");
  setTimeout(() => {
    setIcon(button, "copy");
    setText(spoken, "");
  }, COPIED_FOR);
}

async function look() {
  try {
    const response = await fetch(new URL("api/v1/heard", base), { cache: "no-store" });
    if (response.status === 401) return void signing.look();
    if (!response.ok) throw new Error(`The server answers ${response.status}.`);
    draw(await response.json());
    trouble.hidden = true;
  } catch {
    setText(trouble, "The server does not answer. The lights are as they were.");
    trouble.hidden = false;
  }
}

function draw({ now, heard, keys, wyoming_port: port }) {
  if (since === null && keys) askForKeys();
  since ??= now;
  for (const [name, at] of Object.entries(heard)) times[name] = Math.max(at, times[name] ?? 0);
  for (const [index, way] of ways.entries()) light(way, index, times[way.dataset.protocol]);
  if (port === wyoming) return;
  wyoming = port;
  document.querySelector("[data-wyoming]").textContent = port ? `${base.hostname}:${port}` : OFF;
}

function light(way, index, last) {
  if (!last) return;
  const at = new Date(last * 1000).toLocaleTimeString();
  const lit = last >= since;
  way.classList.toggle("lit", lit);
  document.getElementById("ways").children[index].classList.toggle("lit", lit);
  setText(way.querySelector(".light"), lit ? `Audio arrived at ${at}` : `Last heard at ${at}`);
}

async function keepLooking() {
  if (!document.hidden) await look();
  setTimeout(keepLooking, LOOK_EVERY);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copy(button));
}
document.addEventListener("visibilitychange", () => document.hidden || look());
themeSwitch(document.getElementById("theme"));
signing.addEventListener("out", () => location.reload()); // to where one signs in
signing.begin(base);
fillIn();
listWays();
keepLooking();
