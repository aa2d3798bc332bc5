"""What a client of Azure Speech is told of a session's events."""

import itertools
import json
from typing import Any

import pytest

from vivavoce.core.events import (
    AnyEvent,
    Ended,
    Final,
    Interim,
    Lagging,
    Revised,
    Speaker,
    Speech,
    Translated,
)
from vivavoce.core.types import Word
from vivavoce.dialects.azure_speech_messages import parse
from vivavoce.dialects.azure_speech_options import Asked
from vivavoce.dialects.azure_speech_turn import PATIENCE, Promises, Turn

WORDS = (Word("Hello,", 1600, 8000, 0.9), Word("there.", 8000, 14_400, 0.8))
BARE = (Word("Hello,", 1600, 8000), Word("-", 8000, 8000), Word("there.", 8000, 14_400))
STARTED = Speech(state="started", at=1600)
SILENT = Speech(state="ended", at=14_400)
END = Ended(reason="finished", duration=16_001)

Said = tuple[str, dict[str, Any]]


def interim(stable: str, tail: str = "") -> Interim:
    return Interim(id="u1", start=1600, end=8000, stable=stable, tail=tail)


def final(text: str = "Hello, there.", id: str = "u1", **more: Any) -> Final:
    fields: dict[str, Any] = {"start": 0, "end": 14_400, "engine": "e", "model": "m", **more}
    return Final(id=id, text=text, **fields)


def revised(words: tuple[Word, ...] = WORDS, id: str = "u1") -> Revised:
    return Revised(id=id, text="Hello, there.", engine="e", model="m", words=words)


class Listener:
    """A client. `now` is the time."""

    def __init__(self, promises: Promises | None = None, **asked: Any) -> None:
        self.now = 0.0
        ids = map(str, itertools.count())
        self.turn = Turn(
            "0a1b", Asked(**asked), promises or Promises(), lambda: next(ids), lambda: self.now
        )
        assert self.read(self.turn.begin())[0][0] == "turn.start"

    def hear(self, *events: AnyEvent | None, end_ms: int | None = None) -> list[Said]:
        """Paths and bodies; None: time passes."""
        return [said for event in events for said in self.read(self.turn.hear(event, end_ms))]

    def read(self, wires: list[str]) -> list[Said]:
        messages = [parse(wire) for wire in wires]
        assert {message.request for message in messages} <= {"0a1b"}
        return [(message.path, json.loads(message.body)) for message in messages]


def paths(said: list[Said]) -> list[str]:
    return [path for path, _ in said]


def phrase(said: list[Said]) -> dict[str, Any]:
    (body,) = [body for path, body in said if path.endswith(".phrase")]
    return body


def test_a_session_from_its_first_word_to_its_end() -> None:
    said = Listener().hear(STARTED, interim("Hello", " their"), SILENT, final(), END)
    assert said == [
        ("speech.startdetected", {"Offset": 1_000_000}),
        (
            "speech.hypothesis",
            {
                "Id": "0",
                "Text": "Hello their",
                "Offset": 1_000_000,
                "Duration": 4_000_000,
                "Channel": 0,
            },
        ),
        (
            "speech.phrase",
            {
                "Id": "0",
                "RecognitionStatus": "Success",
                "DisplayText": "Hello, there.",
                "Offset": 0,
                "Duration": 9_000_000,
                "Channel": 0,
            },
        ),
        ("speech.enddetected", {"Offset": 9_000_000}),
        (
            "speech.phrase",
            {
                "Id": "2",
                "DisplayText": "",
                "RecognitionStatus": "EndOfDictation",
                "Offset": 10_010_000,
                "Duration": 0,
                "Channel": 0,
            },
        ),
        ("turn.end", {}),
    ]


@pytest.mark.parametrize(("end_ms", "offset"), [(None, 10_010_000), (1002, 10_020_000)])
def test_the_end_is_that_of_the_audio_rounded_up(end_ms: int | None, offset: int) -> None:
    assert phrase(Listener().hear(END, end_ms=end_ms))["Offset"] == offset


def test_nothing_is_said_of_what_says_nothing() -> None:
    assert Listener().hear(None, interim(""), final(""), Lagging(behind=100_000)) == []


def test_nothing_follows_the_end() -> None:
    listener = Listener()
    listener.hear(END)
    assert listener.turn.over
    assert listener.hear(STARTED, final(), END) == []
    assert listener.turn.end(5000) == []


def test_a_session_that_fails_says_no_end() -> None:
    assert Listener().hear(Ended(reason="engine", duration=16_000)) == []


# --- one phrase


def test_one_phrase_ends_the_turn() -> None:
    listener = Listener(once=True)
    said = listener.hear(STARTED, interim("Hello"), final(), final("More.", "u2"), SILENT, END)
    assert paths(said)[2:] == ["speech.phrase", "speech.enddetected", "turn.end"]
    assert phrase(said)["DisplayText"] == "Hello, there."


def test_where_there_is_no_phrase_nobody_spoke() -> None:
    said = Listener(once=True).hear(STARTED, final(""), SILENT, END, end_ms=1001)
    assert phrase(said)["RecognitionStatus"] == "InitialSilenceTimeout"
    assert phrase(said)["Duration"] == 10_010_000


def test_it_is_known_whether_somebody_speaks() -> None:
    listener = Listener(once=True)
    quiet = []
    for event in (None, STARTED, final(""), SILENT, STARTED, interim("a"), SILENT):
        listener.hear(event)
        quiet.append(listener.turn.quiet)
    assert quiet == [True, False, False, False, False, False, False]
    listener.hear(final("", "u2"))
    assert listener.turn.quiet
    listener.hear(Lagging(behind=1))
    assert listener.turn.lagging
    listener.hear(Lagging(behind=0))
    assert not listener.turn.lagging


# --- details


def test_words_that_the_engine_times() -> None:
    said = phrase(Listener(detailed=True, words=True).hear(final(words=WORDS)))
    assert said["NBest"] == [
        {
            "Confidence": 0.85,
            "Lexical": "hello there",
            "ITN": "hello there",
            "MaskedITN": "hello there",
            "Display": "Hello, there.",
            "Words": [
                {"Word": "hello", "Offset": 1_000_000, "Duration": 4_000_000, "Confidence": 0.9},
                {"Word": "there", "Offset": 5_000_000, "Duration": 4_000_000, "Confidence": 0.8},
            ],
        }
    ]


def test_words_that_it_is_not_sure_of() -> None:
    said = phrase(Listener(detailed=True, words=True).hear(final(words=BARE)))
    assert said["NBest"][0]["Confidence"] == 0
    assert [word["Word"] for word in said["NBest"][0]["Words"]] == ["hello", "there"]
    assert "Confidence" not in said["NBest"][0]["Words"][0]


def test_a_phrase_waits_for_its_words_and_keeps_its_place() -> None:
    listener = Listener(Promises(words=True), words=True)
    assert listener.hear(final(), final(id="u2"), revised(id="u2")) == []
    said = listener.hear(revised())
    assert paths(said) == ["speech.phrase"] * 2
    assert all(len(body["NBest"][0]["Words"]) == 2 for _, body in said)


def test_the_next_hypothesis_does_not_overtake_a_phrase() -> None:
    """Of two utterances at once Microsoft's service never speaks, and its clients count on it."""
    listener = Listener(Promises(words=True), words=True)
    assert listener.hear(final(), interim("More")) == []
    said = listener.hear(revised(), interim("More"))
    assert paths(said) == ["speech.phrase", "speech.hypothesis"]
    assert said[0][1]["Id"] != said[1][1]["Id"]


def test_it_does_not_wait_for_ever() -> None:
    listener = Listener(Promises(words=True), detailed=True)
    assert listener.hear(final(), None) == []
    listener.now = PATIENCE
    assert phrase(listener.hear(None))["DisplayText"] == "Hello, there."
    listener.hear(final(id="u2"))
    assert paths(listener.hear(END)) == ["speech.phrase", "speech.phrase", "turn.end"]


@pytest.mark.parametrize("promises", [Promises(), Promises(words=True)])
def test_who_wants_no_words_does_not_wait(promises: Promises) -> None:
    assert "NBest" not in phrase(Listener(promises).hear(final()))


def test_nor_does_one_for_whom_there_are_none() -> None:
    said = phrase(Listener(words=True, detailed=True).hear(final()))
    assert said["NBest"][0]["Words"] == []


# --- who, which language, and in another language


def test_speakers_are_guests_in_their_order() -> None:
    listener = Listener(Promises(speakers=True), speakers=True)
    words = (Word("a", 0, 10, speaker="S2"), Word("b", 10, 30, speaker="S1"))
    said = listener.hear(interim("a"), final(words=words), final(id="u2"))
    said += listener.hear(Speaker(id="u2", speaker="S2"), final(id="u3", words=words[:1]))
    said += listener.hear(final(id="u4"), None)
    names = [body["SpeakerId"] for _, body in said]
    assert names == ["Unknown", "Guest-1", "Guest-2", "Guest-2", "Unknown"]


def test_where_nobody_is_told_apart_nothing_is_waited_for() -> None:
    assert phrase(Listener(speakers=True).hear(final()))["SpeakerId"] == "Unknown"


@pytest.mark.parametrize(
    ("heard", "only", "said"),
    [
        ("de", None, {"Language": "de-DE", "Confidence": "High"}),
        ("de-AT", None, {"Language": "de-AT", "Confidence": "High"}),
        ("fr", "en", {"Language": "fr", "Confidence": "High"}),
        (None, "en", {"Language": "en-US", "Confidence": "High"}),
        (None, None, {"Language": "Unknown", "Confidence": "Unknown"}),
    ],
)
def test_the_language_has_the_name_that_the_client_gave_it(
    heard: str | None, only: str | None, said: dict[str, str]
) -> None:
    listener = Listener(Promises(language=only), languages=("en-US", "de-DE", "de-AT"))
    assert phrase(listener.hear(final(language=heard)))["PrimaryLanguage"] == said


def test_a_translation_has_names_of_its_own() -> None:
    listener = Listener(translate_to=("de", "fr"))
    said = listener.hear(STARTED, interim("Hello"), final())
    assert paths(said) == ["speech.startdetected", "translation.hypothesis"]
    assert said[1][1]["Text"] == "Hello"
    assert listener.hear(Translated(id="u1", language="fr", text="Bonjour.")) == []
    said = listener.hear(Translated(id="u1", language="de", text="Hallo."))
    assert paths(said) == ["translation.phrase"]
    assert said[0][1]["Text"] == "Hello, there."
    assert said[0][1]["RecognitionStatus"] == "Success"
    assert said[0][1]["Translation"] == {
        "TranslationStatus": "Success",
        "Translations": [
            {"Language": "de", "Text": "Hallo."},
            {"Language": "fr", "Text": "Bonjour."},
        ],
    }
    assert paths(listener.hear(END)) == ["speech.enddetected", "translation.phrase", "turn.end"]


def test_a_translation_that_did_not_come_is_told() -> None:
    listener = Listener(translate_to=("de", "fr"))
    listener.hear(final(), Translated(id="u1", language="de", text="Hallo."))
    said = phrase(listener.hear(None))
    assert said["Translation"]["TranslationStatus"] == "Error"
    assert said["Translation"]["FailureReason"] == "The engine gave no translation to fr."
    assert said["Translation"]["Translations"] == [{"Language": "de", "Text": "Hallo."}]
