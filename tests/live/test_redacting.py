"""Events with marks in them: words with their times, interims, what comes later."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from vivavoce.config import Settings
from vivavoce.core.events import AnyEvent, Edited, Final, Interim, Marker, Revised, Translated
from vivavoce.core.types import Word
from vivavoce.library.redact import Redaction
from vivavoce.live.redacting import Redacting, annotation, hidden, redactor

REDACTOR = Redaction(["numbers", "emails"], ["Angela Merkel"])


def final(text: str, id: str = "u1", **changes: Any) -> Final:
    words = tuple(
        Word(word, at * 100, at * 100 + 90, 0.5, "S1") for at, word in enumerate(text.split())
    )
    return Final(
        **{
            "id": id,
            "start": 0,
            "end": 10_000,
            "text": text,
            "engine": "e",
            "model": "m",
            "words": words,
            **changes,
        }
    )


def told(event: AnyEvent, redacting: Redacting | None = None) -> Any:
    return (redacting or Redacting(REDACTOR)).event(event)


def test_the_settings_say_what(tmp_path: Path) -> None:
    assert redactor(Settings(data_dir=tmp_path)) is None
    wanted: dict[str, Any] = {"redact": "emails, numbers", "redact_names": "Ada Byron"}
    chosen = redactor(Settings(data_dir=tmp_path, **wanted))
    assert chosen is not None
    said = "Ada Byron: 123 456"
    assert hidden(said, chosen.find(said)) == "[name]: [number]"


def test_a_mark_is_one_word_with_the_time_of_what_it_stands_for() -> None:
    event = told(final("so, (555) 123-4567! is it Angela Merkel's"))
    assert event.text == "so, [number]! is it [name]'s"
    assert [(word.text, word.start, word.end) for word in event.words] == [
        ("so,", 0, 90),
        ("[number]!", 100, 290),
        ("is", 300, 390),
        ("it", 400, 490),
        ("[name]'s", 500, 690),
    ]
    assert {word.speaker for word in event.words} == {"S1"}
    assert event.words[1].confidence is None
    assert event.words[2].confidence == 0.5


def test_what_has_nothing_in_it_is_the_same() -> None:
    event = final("nothing to see")
    assert told(event) is event
    marker = Marker(at=1, label="555 123 4567")  # a person typed it
    assert told(marker) is marker


def test_words_that_are_spelled_otherwise_are_looked_through_themselves() -> None:
    spelled = ["call", "five", "five", "five", "one", "two", "three"]
    words = tuple(Word(word, at, at + 1) for at, word in enumerate(spelled))
    event = told(final("call 555-123", words=words))
    assert (event.text, [w.text for w in event.words]) == ("call [number]", ["call", "[number]"])
    assert (event.words[1].start, event.words[1].end) == (1, 7)
    other = (Word("call", 0, 1), Word("them", 1, 2))
    assert told(final("call 555-123", words=other)).words == ()
    assert told(final("call 555-123", words=())).words == ()


def test_the_next_utterance_goes_on_with_the_number() -> None:
    redacting = Redacting(REDACTOR)
    assert told(final("it is 555 123"), redacting).text == "it is [number]"
    assert told(final("45", "u2"), redacting).text == "[number]"
    assert told(final("45 people", "u3"), redacting).text == "[number] people"
    assert told(final("45 people", "u4"), redacting).text == "45 people"
    again = Redacting(REDACTOR, "it is [number]")  # taken up after a crash
    assert told(final("45", "u2"), again).text == "[number]"


def test_times_that_come_later_find_the_same() -> None:
    redacting = Redacting(REDACTOR)
    told(final("it is 555 123", words=()), redacting)
    told(final("45 67", "u2", words=()), redacting)
    told(final("hello there", "u3", words=()), redacting)  # it says nothing of `u2`
    words = (Word("45", 0, 5), Word("67", 5, 9))
    late = Revised(id="u2", text="45 67", engine="e", model="m", words=words)
    event = told(late, redacting)
    assert (event.text, [w.text for w in event.words]) == ("[number]", ["[number]"])


def test_translations_and_edits() -> None:
    event = told(Translated(id="u1", language="de", text="Schreib an ada@example.com"))
    assert event.text == "Schreib an [email]"
    words = (Word("555", 0, 5), Word("123", 5, 9))
    edit = Edited(id="u1", actor="ada", base_revision=0, text="555 123", words=words)
    assert msgspec.to_builtins(annotation(REDACTOR, edit))["text"] == "[number]"
    marker = Marker(at=1)
    assert annotation(REDACTOR, marker) is marker


def interim(stable: str, tail: str = "", id: str = "u1") -> Interim:
    return Interim(id=id, start=0, end=1, stable=stable, tail=tail)


@pytest.mark.parametrize("numbers", [["555", "123", "4567"], ["five"] * 7])
def test_interims_show_no_digit_of_a_number(numbers: list[str]) -> None:
    redacting = Redacting(Redaction(["numbers"]))
    words = ["my", "number", "is", *numbers, "thank", "you"]
    stable = ""
    for count in range(len(words) + 1):
        event = told(
            interim(" ".join(words[:count]), f" {words[count]}" if words[count:] else ""), redacting
        )
        assert event.stable.startswith(stable)
        assert not any(number in event.stable + event.tail for number in numbers)
        stable = event.stable
    assert stable == "my number is [number] thank you"


def test_a_tail_may_change_its_mind() -> None:
    redacting = Redacting(Redaction(["numbers"]))
    assert told(interim("we are", " five"), redacting).tail == ""
    event = told(interim("we are", " five people"), redacting)
    assert (event.stable, event.tail) == ("we are", " five people")


def test_the_next_utterance_begins_anew() -> None:
    redacting = Redacting(REDACTOR)
    assert told(interim("hello there my friends"), redacting).stable == "hello there my"
    assert told(interim("goodbye", id="u2"), redacting).stable == ""
