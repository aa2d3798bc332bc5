"""The fold: the transcript is what the events say."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vivavoce.core.events import (
    AnyEvent,
    Edited,
    Ended,
    Final,
    Gap,
    Interim,
    Marker,
    Revised,
    Speaker,
    Speech,
    Started,
    Translated,
    Warning,
)
from vivavoce.core.transcript import Transcript, fold
from vivavoce.core.types import AudioFormat, Word

FOLDS = json.loads((Path(__file__).parents[1] / "data" / "folds.json").read_text())


@pytest.mark.parametrize("case", FOLDS, ids=lambda case: case["name"])
def test_the_corpus_that_the_page_is_held_to(case: dict[str, Any]) -> None:
    events = [msgspec.convert(event, AnyEvent) for event in case["events"]]
    transcript = fold(events)
    fields = ["words", *(case["utterances"][0] if case["utterances"] else ())]
    seen = [{name: getattr(u, name) for name in fields} for u in transcript.utterances]
    assert json.loads(msgspec.json.encode(seen)) == case["utterances"]
    assert [u.id for u in transcript.empty] == case["empty"]
    assert (transcript.names, transcript.ended) == (case["names"], case["ended"])
    for cut in range(len(events)):
        assert fold(events[cut:], fold(events[:cut])) == transcript


def final(n: int, text: str = "hello there", start: int | None = None) -> Final:
    start = n * 100 if start is None else start
    return Final(id=f"u{n}", start=start, end=start + 50, text=text, engine="e", model="m")


def texts(*events: AnyEvent) -> list[str]:
    return [utterance.text for utterance in fold(events).utterances]


def test_of_nothing_nothing_is_made() -> None:
    assert fold([]) == Transcript()
    assert fold([]).text == ""


def test_a_session_from_its_start_to_its_end() -> None:
    transcript = fold(
        [
            Started(session="s", engine="e", format=AudioFormat(), language="en", title="A talk"),
            Speech(state="started", at=100),
            final(1, "one"),
            Marker(at=170, label="vote"),
            Gap(start=180, end=190, reason="noise"),
            Warning(code="c", message="m"),
            final(2, "two"),
            Ended(reason="finished", duration=400),
        ]
    )
    assert transcript.text == "one\ntwo"
    assert (transcript.title, transcript.language) == ("A talk", "en")
    assert (transcript.duration, transcript.ended) == (400, "finished")
    assert transcript.markers == (Marker(at=170, label="vote"),)
    assert transcript.gaps == (Gap(start=180, end=190, reason="noise"),)


def test_silence_leaves_no_utterance() -> None:
    assert texts(final(1, ""), final(2, "two")) == ["two"]


def test_utterances_are_in_order_of_their_start() -> None:
    assert texts(final(1, "late", start=900), final(2, "early", start=0)) == ["early", "late"]


def test_an_interim_changes_nothing() -> None:
    heard = Interim(id="u2", start=0, end=1, stable="a", tail="b")
    assert fold([final(1), heard]) == fold([final(1)])


def test_a_machine_may_read_again() -> None:
    words = (Word("Hello", 100, 120),)
    revised = Revised(id="u1", text="Hello", engine="big", model="x", words=words)
    (utterance,) = fold([final(1), revised]).utterances
    assert (utterance.text, utterance.engine, utterance.model) == ("Hello", "big", "x")
    assert (utterance.words, utterance.revision) == (words, 1)


def test_a_revision_may_find_words_where_there_were_none() -> None:
    assert texts(final(1, ""), Revised(id="u1", text="psst", engine="e", model="m")) == ["psst"]


def test_a_person_beats_every_later_machine() -> None:
    edited = Edited(id="u1", actor="me", base_revision=0, text="Hello!")
    revised = Revised(id="u1", text="hell", engine="e", model="m")
    (utterance,) = fold([final(1), edited, revised]).utterances
    assert (utterance.text, utterance.edited_by, utterance.revision) == ("Hello!", "me", 1)


def test_an_edit_of_what_has_changed_since_is_not_taken() -> None:
    revised = Revised(id="u1", text="new", engine="e", model="m")
    stale = Edited(id="u1", actor="me", base_revision=0, text="mine")
    assert texts(final(1), revised, stale) == ["new"]
    assert texts(final(1), revised, msgspec.structs.replace(stale, base_revision=1)) == ["mine"]


def test_speakers_and_translations_are_notes_on_an_utterance() -> None:
    (utterance,) = fold(
        [
            final(1),
            Speaker(id="u1", speaker="A"),
            Speaker(id="u1", speaker="B"),
            Translated(id="u1", language="de", text="hallo"),
            Translated(id="u1", language="fr", text="salut"),
        ]
    ).utterances
    assert utterance.speaker == "B"
    assert utterance.translations == {"de": "hallo", "fr": "salut"}
    assert utterance.revision == 0


def test_what_is_said_of_an_unknown_utterance_is_ignored() -> None:
    assert fold([final(1), Speaker(id="u9", speaker="A")]) == fold([final(1)])


def test_a_transcript_is_json_and_back() -> None:
    transcript = fold([final(1), Marker(at=3), Ended(reason="finished", duration=9)])
    encoded = msgspec.json.encode(transcript)
    assert msgspec.json.decode(encoded, type=Transcript) == transcript
