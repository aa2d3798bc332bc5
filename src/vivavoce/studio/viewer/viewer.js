/** The page behind a shared link: read along while it is said, from the beginning, or later. */

import { h, setText } from "../common/dom.js";
import { Shared, tokenIn } from "./share.js";
import { HttpError } from "../common/sse.js";
import { Transcript } from "../transcript/transcript.js";
import { choose, chosen, readerLook } from "./viewer-look.js";
import { ViewerText } from "./viewer-text.js";
import { when } from "../common/words.js";

const AT_END = 96; // px from the end that still count as reading along
const SPOKEN = 3; // finals kept in the live region
const AGAIN = 5000; // ms before a server that is away is asked again

const $ = (id) => document.getElementById(id);
const shared = new Shared(tokenIn(location.href), document.baseURI);
const transcript = new Transcript();
const text = new ViewerText($("text"));

let frame = 0;
let follows = true; // the reader is at the end, and stays there as words come
let caughtUp = false; // what was said before this page was opened is not told aloud
let languages = "";

function later() {
  frame ||= requestAnimationFrame(draw);
}

function draw() {
  frame = 0;
  text.draw(transcript);
  $("hint").hidden = transcript.hasText || transcript.interim !== null;
  offerLanguages();
  if (transcript.ended !== null) ended();
  if (follows && transcript.ended === null) scrollTo({ top: document.body.scrollHeight });
  $("newest").hidden = follows || transcript.ended !== null;
}

function tell(type, state = "") {
  setText($("state"), type);
  $("state").dataset.state = state;
}

function ended() {
  tell("Ended");
  setText($("hint"), "Nothing was said.");
}

function aloud({ detail }) {
  later();
  if (!caughtUp || !detail.text || detail.revision > 0) return;
  const said = (text.language && detail.translations?.[text.language]) ?? detail.text;
  const told = $("spoken");
  const known = [...told.children].find(({ dataset }) => dataset.key === detail.key);
  if (known) return;
  told.append(h("p", { "data-key": detail.key }, said));
  while (told.childElementCount > SPOKEN) told.firstElementChild.remove();
}

/** The languages that there are, once there are any. */
function offerLanguages() {
  const known = new Set(transcript.utterances.flatMap(({ translations }) => Object.keys(translations ?? {})));
  const sorted = [...known].sort();
  if (sorted.join() === languages) return;
  languages = sorted.join();
  const names = new Intl.DisplayNames([], { type: "language", fallback: "code" });
  const options = sorted.map((tag) => h("option", { value: tag }, nameOf(names, tag)));
  $("language").replaceChildren(h("option", { value: "" }, "As it was spoken"), ...options);
  $("language").value = known.has(chosen().language) ? chosen().language : "";
  $("language-label").hidden = sorted.length === 0;
  read($("language").value);
}

function nameOf(names, tag) {
  try {
    return names.of(tag);
  } catch {
    return tag; // not a tag that a browser knows
  }
}

function read(language) {
  text.language = language || null;
  later();
}

/** The link does not hold any more: the server says it in its own page. */
function gone() {
  tell("Not shared any more");
  follows = false;
  setText($("hint"), "This link has expired or was withdrawn. What is here stays until you leave.");
  $("hint").hidden = false;
  $("audio").remove();
}

async function about() {
  for (;;) {
    try {
      return await shared.about();
    } catch (error) {
      if (error instanceof HttpError && error.status < 500) throw error;
      tell("The server does not answer. Trying again…");
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}

async function open() {
  const { title, created_at: created, state, audio } = await about();
  document.title = `${title} · Vivavoce`;
  setText($("title"), title);
  setText($("when"), when(created));
  const live = state === "live" || state === "transcribing";
  follows = live;
  if (live) tell("Live", "live");
  if (audio && !live) listen();
  transcript.addEventListener("ended", () => audio && !$("audio").src && listen());
  setTimeout(() => { caughtUp = true; }, 1000);
  await shared.follow(transcript);
  gone();
}

function listen() {
  $("audio").src = shared.audioUrl;
  $("audio").hidden = false;
}

transcript.addEventListener("utterance", aloud);
transcript.addEventListener("interim", () => { caughtUp = true; }); // of what was said before there is none
for (const type of ["interim", "position", "names", "reset", "ended"]) {
  transcript.addEventListener(type, later);
}
addEventListener("scroll", () => {
  const { scrollHeight, clientHeight } = document.documentElement;
  follows = scrollHeight - scrollY - clientHeight < AT_END;
  if (follows) $("newest").hidden = true;
}, { passive: true });
$("newest").addEventListener("click", () => {
  follows = true;
  later();
});
$("language").addEventListener("change", () => {
  choose({ language: $("language").value });
  read($("language").value);
});
addEventListener("click", ({ target }) => {
  if (!$("look").contains(target)) $("look").open = false;
});
addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || !$("look").open) return;
  $("look").open = false;
  $("look").querySelector("summary").focus();
});

readerLook();
open().catch(gone);
