/** The page's own wiring: which part tells which. */

import { Account } from "./panels/account.js";
import { Actions, wordsOf } from "./library/actions.js";
import { Api } from "./common/api.js";
import { AskPanel } from "./panels/ask-panel.js";
import { Dock } from "./recorder/dock.js";
import { acceptFiles } from "./recorder/drop.js";
import { Editing } from "./editor/editing.js";
import { EmailPanel } from "./panels/email-panel.js";
import { Finder } from "./library/finder.js";
import { Hits } from "./library/hits.js";
import { LibraryView, busy } from "./library/library-view.js";
import { Making } from "./panels/making.js";
import { OptionsSheet } from "./recorder/options-sheet.js";
import { Panel } from "./panels/panel.js";
import { Player } from "./editor/player.js";
import { SharePanel } from "./panels/share-panel.js";
import { signing } from "./common/signing.js";
import { Stage } from "./library/stage.js";
import { SummaryPanel } from "./panels/summary-panel.js";
import { themeSwitch } from "./common/theme-switch.js";
import { Transcript } from "./transcript/transcript.js";
import { TranscriptView } from "./transcript/transcript-view.js";
import { TranslatePanel } from "./panels/translate-panel.js";
import { UploadsView } from "./recorder/uploads-view.js";
import { watch } from "./transcript/watch.js";
import { WhoPanel } from "./panels/who-panel.js";
import { engineOf } from "./common/words.js";

const SETTLE_EVERY = 500; // ms between looks at a recording that is being sealed

const part = (id) => document.getElementById(id);
const base = document.baseURI;
const api = new Api(base);
const actions = new Actions(api, { changed, gone, back });
const player = new Player(part("player"));
const view = new TranscriptView(part("scroller"), part("transcript"), part("spoken"), part("jump"));
const editing = new Editing(api, view, player);
editing.free = () => !dock.busy; // while somebody records, keys are the recorder's
const stage = new Stage(api, actions, view, player, editing);
const options = new OptionsSheet(part("options"), part("tune"));
const dock = new Dock(part("dock"), base, options);
const uploads = new UploadsView(part("uploads"), base, options);
const finder = new Finder(api, { field: part("search"), more: part("library-more"), chip: part("chip") });
const hits = new Hits(api, part("hits"));
const library = new LibraryView(api, actions, finder, {
  list: part("recordings"),
  none: part("none"),
  older: part("older"),
});
const making = new Making(base);
const translating = new TranslatePanel(making);
const panel = new Panel(part("panel"), part("panel-openers"), [
  new SummaryPanel(making), new AskPanel(making), translating, new WhoPanel(making),
  new SharePanel(making, base), new EmailPanel(making),
]);
const account = new Account(part("account"), part("sign-in"), base);

const here = new Map(); // recording id -> the subject of a session that runs in this page
const subjects = new WeakMap(); // Recording or Upload -> its subject
let following = new AbortController();

// Where the page is: `#/` the welcome, `#/now` a session that has no id yet, `#/r/<id>`, and
// `#/r/<id>@<seconds>` a moment of it.

function route() {
  const [, id = null, at = null] = /^#\/r\/([a-z0-9]+)(?:@([\d.]+))?$/.exec(location.hash) ?? [];
  if (location.hash === "#/now") return;
  if (!id || id !== stage.id) {
    following.abort();
    following = new AbortController();
    if (id) open(id, following.signal);
    else show(null);
  }
  if (at !== null) editing.goTo(Number(at));
}

function show(subject) {
  document.body.dataset.view = subject ? "sheet" : "home";
  stage.show(subject);
  panel.show(subject);
  view.now = subject?.source?.capturing ? () => subject.source.now : null;
  library.mark(stage.id, null);
  scrollTo(0, 0);
}

function open(id, signal) {
  const mine = here.get(id);
  const subject = mine ?? { id, transcript: new Transcript(), recording: null };
  subject.recording = library.get(id) ?? subject.recording;
  show(subject);
  const missing = async (error) => {
    if (error.status === 401 && (await signing.again())) return void api.get(id).then(changed, missing);
    subject.missing = error.status === 404 ? "This recording is not here (any more)." : wordsOf(error);
    stage.draw();
    panel.draw();
  };
  api.get(id).then(changed, missing);
  if (!mine) watchOn(subject, signal, missing);
}

/** Follow what is said of it by others; when it ends, see that the list knows. */
function watchOn(subject, signal, missing) {
  subject.transcript.addEventListener("ended", () => settle(subject.id), { signal });
  watch(api.eventsUrl(subject.id), subject.transcript, signal).catch(missing);
}

/** Ask for a recording until it is sealed, or gone. */
async function settle(id) {
  try {
    const recording = await api.get(id);
    changed(recording);
    if (!busy(recording)) return;
  } catch (error) {
    if (error.status === 404) return;
  }
  setTimeout(() => settle(id), SETTLE_EVERY);
}

function changed(recording) {
  library.update(recording);
  stage.update(recording);
  panel.draw();
}

function back(recording) {
  changed(recording);
  library.refresh();
}

function gone(id) {
  library.remove(id);
  here.delete(id);
  if (stage.id === id) location.hash = "#/";
}

// A session of this page: shown at once, reachable under its id as soon as it has one.

function begin(subject, session) {
  following.abort();
  location.hash = "#/now";
  show(subject);
  follow(subject, session);
}

function follow(subject, session) {
  session.addEventListener("change", () => identify(subject, session));
  identify(subject, session);
}

function identify(subject, session) {
  if (stage.transcript === subject.transcript) stage.draw();
  if (!session.id || subject.id === session.id) return;
  here.delete(subject.id); // it goes on under another id
  subject.id = session.id;
  if (stage.transcript === subject.transcript) panel.draw();
  here.set(session.id, subject);
  if (stage.transcript === subject.transcript) {
    history.replaceState(null, "", `#/r/${session.id}`);
    library.mark(stage.id, null);
  }
  tag(subject, session);
  library.refresh();
  api.get(session.id).then(changed, () => {});
}

/** Give it the tags that were wished for; what fails now is tried again at its end. */
async function tag(subject, { id }) {
  const tags = (subject.source ?? subject.upload)?.tags ?? [];
  if (tags.length === 0 || subject.tagged === id) return;
  try {
    changed(await api.change(id, { tags }));
    subject.tagged = id;
  } catch {
    // The recording is worth more than its tags.
  }
}

async function ended(subject, session) {
  subject.live = false;
  if (session.id) await tag(subject, session);
  stage.draw();
  await library.refresh();
  if (session.id && session.state === "done") await settle(session.id);
  here.delete(session.id); // the server tells it from now on
  if (stage.transcript === subject.transcript && subject.id) watchOn(subject, following.signal, () => {});
}

dock.onbegin = (recording) => {
  player.pause();
  const { session } = recording;
  const subject = { id: null, transcript: session.transcript, recording: null, live: true, source: recording };
  subjects.set(recording, subject);
  begin(subject, session);
};
dock.onend = (recording) => ended(subjects.get(recording), recording.session);
view.onshown = (interim) => {
  if (dock.recording?.session.transcript === stage.transcript) dock.recording?.shown(interim);
};

uploads.onbegin = (upload, first) => {
  const { session } = upload;
  const subject = { id: null, transcript: session.transcript, recording: null, upload };
  subjects.set(upload, subject);
  if (first && !dock.busy) begin(subject, session);
  else follow(subject, session); // nobody is torn away from what they read
};
uploads.onend = (upload) => ended(subjects.get(upload), upload.session);
uploads.onopen = (upload) => {
  const id = subjects.get(upload)?.id;
  if (id) location.hash = `#/r/${id}`;
};
uploads.oncancel = async ({ session }) => {
  if (session?.transcript === stage.transcript) location.hash = "#/";
  if (!session?.id) return;
  await api.delete(session.id).catch(() => {});
  gone(session.id);
  library.refresh();
};

finder.addEventListener("change", () => hits.show(finder.wish.deleted ? "" : finder.wish.q));
library.hides = (id) => uploads.lists(id);
library.onplay = (recording) => {
  if (stage.id === recording.id) return player.toggle();
  location.hash = `#/r/${recording.id}`;
  route();
  player.playFrom(0);
};
translating.onshow = (language) => editing.translate(language);
library.onsize = (size) => part("welcome").classList.toggle("known", size > 0);
library.ononline = (online) => {
  dock.online = online;
  if (online && part("engine").hidden) nameEngine().catch(() => {}); // it asks again
};
player.ontime = (seconds, playing) => {
  editing.heard(seconds, playing);
  library.mark(stage.id, playing ? stage.id : null);
};

// The keyboard, the way out, and the start.

addEventListener("keydown", (event) => {
  const { target } = event;
  const taken = target.closest?.("input, textarea, select, button, a, dialog, [role=menu], [contenteditable]");
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
  if (event.code !== "Space" || taken || !plain || document.querySelector("dialog:modal")) return;
  if (!dock.busy && player.loaded) return; // it plays what is read
  event.preventDefault();
  if (signing.may("transcribe")) dock.toggle();
});

const unfinished = () => dock.busy || uploads.busy || editing.unsaved;
addEventListener("beforeunload", (event) => {
  if (unfinished()) event.preventDefault();
});

acceptFiles({
  veil: part("veil"),
  input: part("files"),
  buttons: [part("choose"), part("drop-here")],
  take: (files) => signing.may("transcribe") && uploads.add(files),
});
themeSwitch(part("theme"));
addEventListener("hashchange", route);

async function nameEngine() {
  const info = await api.info();
  const { engine } = info;
  options.info = info;
  actions.days = finder.days = info.bin_days;
  uploads.limit = info.limits.max_upload_mb;
  dock.engine = engineOf(engine);
  part("engine").textContent = engineOf(engine);
  part("engine").hidden = false;
}

account.busy = unfinished;
signing.addEventListener("in", () => library.refresh());

await signing.begin(base); // what may be shown
library.refresh();
route();
