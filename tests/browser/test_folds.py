"""The page's fold and the server's make the same of the same events, whatever these are."""

import json
import os
import random
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from vivavoce.core import events as said
from vivavoce.core.events import AnyEvent
from vivavoce.core.transcript import Utterance, fold
from vivavoce.core.types import Word

SCRIPT = Path(__file__).parent / "js" / "folds.test.mjs"
TEXTS = ("", "one", "one two", "two three four")


def draw(chance: random.Random) -> AnyEvent:
    """An event that may or may not be of an utterance that there is."""
    id, actor = f"u{chance.randint(1, 4)}", chance.choice([None, "ada", "bob"])
    text, start = chance.choice(TEXTS), chance.randint(0, 5)
    words = tuple(
        Word(word, start, start + 1, chance.choice([None, 0.5]), chance.choice([None, "S1"]))
        for word in text.split()
    )
    machine: dict[str, Any] = {"text": text, "engine": "e", "model": "m", "words": words}
    labels = tuple(chance.choice([None, "", "S1", "S2"]) for _ in range(chance.randint(0, 3)))
    label = chance.choice(["S1", "S2"])
    drawn: list[AnyEvent] = [
        said.Final(id=id, start=start, end=start + chance.randint(0, 2), **machine),
        said.Revised(id=id, **machine),
        said.Edited(id=id, actor="ada", base_revision=chance.randint(0, 3), text=text, words=words),
        said.Speaker(id=id, speaker=chance.choice(["", label]), words=labels, actor=actor),
        said.Named(speaker=label, name=chance.choice(["", "Ada"])),
        said.Translated(id=id, language="de", text=text),
        said.Marker(at=start, actor=actor),
        said.Ended(reason="finished", duration=9),
    ]
    return chance.choice(drawn)


def plain(utterance: Utterance) -> dict[str, Any]:
    fields = {name: getattr(utterance, name) for name in Utterance.__struct_fields__}
    for unseen in ("engine", "model", "language"):
        del fields[unseen]
    return fields | {"words": msgspec.to_builtins(utterance.words)}


def test_the_page_reads_random_events_as_the_server_does(tmp_path: Path) -> None:
    chance = random.Random(7)
    corpus = []
    for n in range(400):
        events = [draw(chance) for _ in range(chance.randint(1, 40))]
        transcript = fold(events)
        corpus.append(
            {
                "name": str(n),
                "events": msgspec.to_builtins(events),
                "utterances": [plain(u) for u in transcript.utterances],
                "empty": [u.id for u in transcript.empty],
                "names": transcript.names,
                "ended": transcript.ended,
            }
        )
    path = tmp_path / "folds.json"
    path.write_text(json.dumps(corpus))
    run = subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(SCRIPT)],
        capture_output=True,
        text=True,
        env={**os.environ, "FOLDS": str(path)},
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr
    assert "\n# pass 400\n" in run.stdout
