"""What is written bit by bit is the export of the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.cli.transcribe import Format
from vivavoce.cli.writers import Writer
from vivavoce.core.events import AnyEvent, Ended, Final, Interim, Speech
from vivavoce.core.transcript import fold
from vivavoce.library.export import FORMATS, render

text = st.text(st.sampled_from("abc <>&,\"'-=\n\u00e9"), max_size=120).map(
    lambda words: " ".join(words.split())
)


@st.composite
def sessions(draw: st.DrawFn) -> list[AnyEvent]:
    """Finals in order without overlap, as every session has them, and other events."""
    events: list[AnyEvent] = []
    at = 0
    for number, said in enumerate(draw(st.lists(text, max_size=6)), 1):
        start = at + draw(st.integers(0, 50_000))
        at = start + draw(st.integers(1600, 300_000))
        events += [
            Speech(state="started", at=start),
            Interim(id=f"u{number}", start=start, end=at, stable="x", tail="y"),
            Final(id=f"u{number}", start=start, end=at, text=said, engine="e", model="m"),
        ]
    return [*events, Ended(reason="finished", duration=at)]


@pytest.mark.parametrize("format", FORMATS)
@given(events=sessions())
def test_bit_by_bit_is_the_same_as_the_whole(format: str, events: list[AnyEvent]) -> None:
    pieces: list[str] = []
    writer = Writer(format, pieces.append)
    for event in events:
        writer.take(event)
    writer.end()
    assert "".join(pieces) == render(fold(events), format)


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "json"])
def test_an_utterance_is_written_when_it_is_decided(format: str) -> None:
    pieces: list[str] = []
    writer = Writer(format, pieces.append)
    writer.take(Final(id="u1", start=0, end=16000, text="hello", engine="e", model="m"))
    assert "hello" in "".join(pieces)


def test_the_command_offers_every_format() -> None:
    assert list(Format.__members__) == list(FORMATS)
