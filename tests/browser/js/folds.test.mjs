import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Transcript } from "../../../src/vivavoce/studio/transcript/transcript.js";

const corpus = process.env.FOLDS ?? new URL("../../data/folds.json", import.meta.url);

/** As the server's fold says it. */
function plain(u) {
  const { id, start, end, text, words, track = 0, revision, translations = {} } = u;
  const speaker = { speaker: u.speaker ?? null, speaker_by: u.speakerBy ?? null };
  return { id, start, end, text, words, track, ...speaker, revision, edited_by: u.editedBy ?? null, translations };
}

for (const { name, events, utterances, empty, names, ended } of JSON.parse(readFileSync(corpus))) {
  test(name, () => {
    const transcript = new Transcript();
    events.forEach((event, i) => transcript.add(i + 1, event));
    assert.deepEqual(transcript.utterances.map(plain), utterances);
    for (const id of empty) assert.equal(transcript.utterance(`0:${id}`).text, "");
    assert.deepEqual({ ...transcript.names }, names);
    assert.equal(transcript.ended, ended);
  });
}
