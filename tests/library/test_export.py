"""Every format, read back by something that is not ours where there is such a thing."""

import csv
import io
import json

import msgspec
import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.events import Gap, Marker
from vivavoce.core.spoken import ACTOR, PARAGRAPH
from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import Word
from vivavoce.library.captions import cues
from vivavoce.library.export import FORMATS, render

HOUR = 3600 * 16_000
GOOD = Word("Good", 8_000, 9_000)
TALK = Transcript(
    utterances=(
        Utterance("u1", 8_000, 32_000, "Good evening.", "e", "m", words=(GOOD,)),
        Utterance(
            "u2", 27 * HOUR + 16, 27 * HOUR + 16_000, "Is 1 < 2 & 3 > 2?", "e", "m", speaker="Ann"
        ),
    ),
    markers=(Marker(at=16_000, label="here"),),
    gaps=(Gap(start=0, end=8_000, reason="noise"),),
    language="en",
    title="Talk",
    duration=28 * HOUR,
    ended="finished",
)


def test_txt_is_one_utterance_a_line() -> None:
    assert render(TALK, "txt") == "Good evening.\nAnn: Is 1 < 2 & 3 > 2?\n"


def test_srt_counts_hours_and_holds_nothing_that_players_take_for_tags() -> None:
    assert render(TALK, "srt") == (
        "1\n00:00:00,500 --> 00:00:02,000\nGood evening.\n\n"
        "2\n27:00:00,001 --> 27:00:01,000\nAnn: Is 1 ‹ 2 & 3 › 2?\n"  # noqa: RUF001
    )


def test_vtt_escapes_names_the_speaker_and_has_a_title() -> None:
    assert render(TALK, "vtt", title="A --> B\n\nC") == (
        "WEBVTT - A -> B C\n\n"
        "00:00:00.500 --> 00:00:02.000\nGood evening.\n\n"
        "27:00:00.001 --> 27:00:01.000\n<v Ann>Is 1 &lt; 2 &amp; 3 &gt; 2?\n"
    )


def test_markdown_has_title_times_speakers_and_no_markup_of_its_own() -> None:
    assert render(TALK, "md", title="A *new*\n# talk") == (
        "# A \\*new\\* \\# talk\n\n**0:00** Good evening.\n\n"
        "**27:00:00 Ann:** Is 1 \\< 2 \\& 3 \\> 2?\n\n## Markers\n\n- 0:01 here\n"
    )
    script = msgspec.structs.replace(TALK.utterances[0], text="<script>\n[x](y) `z`")
    assert render(Transcript((script,)), "md") == ("**0:00** \\<script\\> \\[x\\](y) \\`z\\`\n")


def said_by(*labels: str | None) -> tuple[Word, ...]:
    texts = ["so", "it", "goes"]
    return tuple(
        Word(text, n * 16_000, (n + 1) * 16_000, speaker=label)
        for n, (text, label) in enumerate(zip(texts, labels, strict=True))
    )


def test_speakers_have_the_names_that_people_gave() -> None:
    whole = Utterance("u1", 0, 48_000, "so it goes", "e", "m", words=said_by("S1", "S2", None))
    one = msgspec.structs.replace(whole, id="u2", words=(), speaker="S1")
    talk = Transcript(
        (msgspec.structs.replace(whole, speaker="S2"), one), names={"S1": "Ann", "S2": "=Bob"}
    )
    assert render(talk, "txt") == "Ann: so\n=Bob: it goes\nAnn: so it goes\n"
    assert render(talk, "md").splitlines()[::2] == [
        "**0:00 Ann:** so", "**0:01 =Bob:** it goes", "**0:00 Ann:** so it goes",
    ]  # fmt: skip
    assert "00:00:01,000 --> 00:00:03,000\n=Bob: it goes\n" in render(talk, "srt")
    assert "00:00:01.000 --> 00:00:03.000\n<v =Bob>it goes\n" in render(talk, "vtt")
    rows = list(csv.reader(io.StringIO(render(talk, "csv"), newline="")))[1:]
    assert [(row[0], row[3], row[4]) for row in rows] == [
        ("u1", "Ann", "so"), ("u1", "'=Bob", "it goes"), ("u2", "Ann", "so it goes"),
    ]  # fmt: skip
    document = json.loads(render(talk, "json"))
    assert document["speakers"] == ["Ann", "=Bob"]
    assert [u["speaker"] for u in document["utterances"]] == ["=Bob", "Ann"]
    assert [word.get("speaker") for word in document["utterances"][0]["words"]] == [
        "Ann", "=Bob", None,
    ]  # fmt: skip
    edited = msgspec.structs.replace(talk.utterances[0], text="so it does not go")
    assert render(Transcript((edited,)), "txt") == "S2: so it does not go\n"


def test_json_has_everything_in_seconds() -> None:
    document = json.loads(render(TALK, "json", title="Renamed"))
    assert document["title"] == "Renamed"
    assert document["duration"] == 28 * 3600
    assert document["text"] == TALK.text
    assert document["utterances"][0] == {
        "id": "u1",
        "start": 0.5,
        "end": 2.0,
        "text": "Good evening.",
        "engine": "e",
        "model": "m",
        "words": [{"text": "Good", "start": 0.5, "end": 0.5625}],
    }
    assert document["markers"] == [{"at": 1.0, "label": "here"}]
    assert document["gaps"] == [{"start": 0.0, "end": 0.5, "reason": "noise"}]
    assert (document["language"], document["ended"]) == ("en", "finished")


def test_jsonl_is_one_utterance_a_line() -> None:
    lines = [json.loads(line) for line in render(TALK, "jsonl").splitlines()]
    assert lines == json.loads(render(TALK, "json"))["utterances"]


def test_csv_reads_back() -> None:
    rows = list(csv.reader(io.StringIO(render(TALK, "csv"), newline="")))
    assert rows == [
        ["id", "start", "end", "speaker", "text"],
        ["u1", "0.500", "2.000", "", "Good evening."],
        ["u2", "97200.001", "97201.000", "Ann", "Is 1 < 2 & 3 > 2?"],
    ]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"]
)
def test_csv_holds_no_formulas(text: str) -> None:
    evil = msgspec.structs.replace(TALK.utterances[0], text=text, speaker=text)
    row = list(csv.reader(io.StringIO(render(Transcript((evil,)), "csv"), newline="")))[1]
    assert row[3:] == [f"'{text}", f"'{text}"]


@pytest.mark.parametrize("format_", FORMATS)
def test_silence_is_no_error(format_: str) -> None:
    assert isinstance(render(Transcript(), format_), str)


def test_an_unknown_format_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        render(TALK, "docx")


spoken = st.lists(
    st.text(st.characters(categories=["L", "M", "P"], exclude_characters="<>{}&\\"), min_size=1,
            max_size=60),
    min_size=1,
    max_size=40,
).map(" ".join)  # fmt: skip


@pytest.mark.parametrize("format_", ["srt", "vtt"])
@given(
    st.lists(st.tuples(spoken, st.integers(0, 99 * HOUR), st.integers(1, HOUR // 2)), max_size=5)
)
def test_another_library_reads_the_same_texts_and_times(
    format_: str, said: list[tuple[str, int, int]]
) -> None:
    utterances = [Utterance("u", at, at + length, text, "e", "m") for text, at, length in said]
    talk = Transcript(tuple(sorted(utterances, key=lambda u: u.start)), title="A title")
    read = pysubs2.SSAFile.from_string(render(talk, format_), format_=format_)
    assert [(e.start, e.end, e.plaintext) for e in read.events] == [
        (cue.start, cue.end, "\n".join(cue.lines)) for cue in cues(talk)
    ]


def test_a_spoken_paragraph_is_an_empty_line_and_no_marker() -> None:
    first = Utterance(id="u1", start=0, end=10, text="One.", engine="e", model="m")
    more = msgspec.structs.replace(first, id="u2", start=20, end=30, text="Two.")
    last = msgspec.structs.replace(first, id="u3", start=30, end=40, text="Three.")
    markers = (Marker(at=15, label=PARAGRAPH, actor=ACTOR), Marker(at=16, label=PARAGRAPH))
    said = Transcript(utterances=(first, more, last), markers=markers)
    assert render(said, "txt") == "One.\n\nTwo.\nThree.\n"
    assert "Markers" not in render(said, "md")
