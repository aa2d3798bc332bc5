import assert from "node:assert/strict";
import { test } from "node:test";

import { named } from "../../../src/vivavoce/studio/common/languages.js";
import {
  DEFAULTS, cleaned, enginesOf, isUsual, possible, tagsOf, translationsOf, wishesOf,
} from "../../../src/vivavoce/studio/recorder/options.js";

const engine = (name, languages, rest = {}) => ({
  name, installed: true, hint: "", capabilities: { name, model: name, languages, translations: [] }, ...rest,
});
const INFO = {
  engine: engine("own", ["en"]).capabilities,
  engines: [
    engine("own", ["en"]),
    engine("any", ["*"]),
    engine("two", ["de-DE", "en-GB"], { capabilities: { languages: ["de-DE", "en-GB"], translations: ["fr"] } }),
    engine("absent", ["*"], { installed: false, capabilities: null, hint: "pip install it." }),
    engine("keyless", ["*"], { hint: "It wants a key." }),
  ],
  language_model: null,
};
const choose = (choice) => ({ ...DEFAULTS, ...choice });

test("what was remembered is taken as far as it makes sense", () => {
  assert.deepEqual(cleaned(null), DEFAULTS);
  const stored = { engine: "any", speakers: 3, diarization: "yes", tags: 7, other: true };
  assert.deepEqual(cleaned(stored), choose({ engine: "any", speakers: 3 }));
  assert.equal(cleaned({ speakers: 1e9 }).speakers, 0);
  assert.deepEqual([isUsual(DEFAULTS), isUsual(choose({ engine: "any" }))], [true, false]);
});

test("only engines that can be used are offered, the rest with what they lack", () => {
  const { usable, others } = enginesOf(INFO);
  assert.deepEqual(usable.map(({ name }) => name), ["own", "any", "two"]);
  assert.deepEqual(others.map(({ hint }) => hint), ["pip install it.", "It wants a key."]);
  assert.deepEqual(enginesOf(null), { usable: [], others: [] });
});

test("a choice that the server cannot keep falls back to the usual", () => {
  const gone = choose({ engine: "keyless", language: "fr", translation: "de" });
  assert.deepEqual(possible(gone, INFO), DEFAULTS);
  assert.deepEqual(possible(gone, null), gone, "nobody knows yet");
  const kept = choose({ engine: "two", language: "de-DE", translation: "fr" });
  assert.deepEqual(possible(kept, INFO), kept);
  assert.equal(possible(choose({ engine: "any", language: "sw" }), INFO).language, "sw");
});

test("a language model translates to any language", () => {
  assert.deepEqual(translationsOf(DEFAULTS, INFO), []);
  assert.deepEqual(translationsOf(DEFAULTS, { ...INFO, language_model: { model: "m" } }), ["*"]);
});

test("a session is opened with what was chosen and nothing else", () => {
  assert.deepEqual(wishesOf(DEFAULTS, INFO, { live: true }), {
    device: "", language: undefined, engine: undefined, options: {}, tags: [],
  });
  const all = choose({
    device: "d", engine: "two", language: "en-GB", translation: "fr", endpointing: "dictation",
    diarization: true, speakers: 2, voiceCommands: true, tags: "a, b",
  });
  assert.deepEqual(wishesOf(all, INFO, { live: true, title: " Talk " }), {
    device: "d", language: "en-GB", engine: "two", tags: ["a", "b"],
    options: {
      title: "Talk", translate_to: ["fr"], diarization: true, speakers: 2, endpointing: "dictation",
      voice_commands: true,
    },
  });
  const file = wishesOf(all, INFO, { live: false });
  assert.deepEqual(file.options, { translate_to: ["fr"], diarization: true, speakers: 2 });
});

test("tags are what lies between commas, each once", () => {
  assert.deepEqual(tagsOf(" Interview,,  New   York, interview,"), ["Interview", "New York"]);
  assert.equal(tagsOf("x".repeat(90))[0].length, 40);
  assert.equal(tagsOf(Array.from({ length: 50 }, (_, i) => i).join(",")).length, 20);
});

test("languages have names, in order", () => {
  assert.deepEqual(named(["en-GB", "de"]), [["en-GB", "British English"], ["de", "German"]]);
  assert.ok(named(["*"]).length > 50);
  assert.deepEqual(named(["no tag"]), [["no tag", "no tag"]]);
});
