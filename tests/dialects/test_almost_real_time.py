"""What the almost real-time app's forms mean, and what its page is given."""

from html.parser import HTMLParser

import pytest

from vivavoce.core.errors import BadMessage
from vivavoce.core.transcript import Transcript, Utterance, fold
from vivavoce.dialects.almost_real_time import (
    PIECE,
    Asked,
    Listed,
    page,
    recording_of,
    saved,
    settings,
    text,
)

ID = "01jd2m3n4p5q6r7s8t9v0w1x2y"
SCRIPT = "<script>alert('1')</script>\""
BOTH = Asked("Upload", "en-GB", diarization=True)


def said(*lines: tuple[str | None, str]) -> Transcript:
    return Transcript(
        tuple(
            Utterance(str(n), n, n, words, "e", "m", speaker=speaker)
            for n, (speaker, words) in enumerate(lines)
        )
    )


def test_a_form_says_how_a_file_came() -> None:
    fields = {"mode": "Recording", "language_setting": "en-GB", "diarization": "true"}
    assert Asked.of(fields) == Asked("Recording", "en-GB", diarization=True)
    assert Asked.of({"language": "nl-NL"}) == Asked(None, "nl-NL", diarization=False)
    assert Asked.of({"mode": "", "diarization": "false"}) == Asked(None, None, diarization=False)
    with pytest.raises(BadMessage, match=r"mode 'Sideways' not recognised\."):
        Asked.of({"mode": "Sideways"})


def test_a_text_is_on_one_line_or_says_who_spoke() -> None:
    talk = said(("S2", "Good morning."), ("S1", "Hello."), ("S2", "Shall we?"))
    assert text(talk, diarized=False) == "Good morning. Hello. Shall we?"
    assert text(talk, diarized=True) == (
        "Speaker-1: Good morning.\nSpeaker-2: Hello.\nSpeaker-1: Shall we?"
    )
    assert text(said((None, "Hello."), ("S1", "Hi.")), diarized=True) == (
        "Unknown: Hello.\nSpeaker-1: Hi."
    )
    assert text(said((None, "Hello."), (None, "Hi.")), diarized=True) == "Hello. Hi."
    assert text(Transcript(), diarized=True) == ""


def test_a_saved_text_reads_as_it_was_saved() -> None:
    lines = "Speaker-1: Good morning.\n\n  Speaker-2: Hello: you.  \nand no name"
    found = fold(saved("s", lines, BOTH, "A title"))
    assert [(u.speaker, u.text) for u in found.utterances] == [
        ("Speaker-1", "Good morning."),
        ("Speaker-2", "Hello: you."),
        (None, "and no name"),
    ]
    assert (found.language, found.title, found.ended) == ("en-GB", "A title", "finished")
    plain = fold(saved("s", lines, Asked(None, None, diarization=False), "A title"))
    assert plain.utterances[0].text == "Speaker-1: Good morning."


def test_an_endless_line_is_saved_in_pieces() -> None:
    line = "word " * 2000
    found = fold(saved("s", line, BOTH, ""))
    assert text(found, diarized=False) == line.strip()
    assert max(len(u.text) for u in found.utterances) <= PIECE


def test_settings_are_those_that_were_given() -> None:
    fields = {"filename": "", "mode": "Upload", "language": "en-GB", "diarization": "true"}
    assert settings(fields, "now") == (
        ("Date and Time", "now"),
        ("Mode", "Upload"),
        ("Language", "en-GB"),
        ("Diarization", "true"),
    )


@pytest.mark.parametrize("name", [ID, f"{ID}.webm", f" {ID}.wav "])
def test_a_name_of_the_list_is_a_recording(name: str) -> None:
    assert recording_of(name) == ID


@pytest.mark.parametrize(
    "name", ["", "recording_1.wav", f"../{ID}", f"{ID}/audio", f"{ID}.wav/..", f"{ID}.sh\n.wav"]
)
def test_other_names_are_none(name: str) -> None:
    with pytest.raises(BadMessage, match="Couldn't delete file"):
        recording_of(name)


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_a_title_in_the_list_is_text() -> None:
    item = Listed(f"{ID}.webm", SCRIPT, "today", f"api/v1/recordings/{ID}/audio")
    seen = Seen()
    seen.feed(page([item, item], "list-audio?cursor=1"))
    scripts = [attrs for tag, attrs in seen.tags if tag == "script"]
    assert scripts == [{"src": "studio/list-audio.js", "type": "module"}]
    audio = [attrs for tag, attrs in seen.tags if tag == "audio"]
    assert [a["aria-label"] for a in audio] == [SCRIPT, SCRIPT]
    assert not any(name.startswith("on") for _, attrs in seen.tags for name in attrs)


def test_an_empty_list_says_so() -> None:
    assert "No audio saved." in page([], None)
    assert "Older" not in page([], None)
