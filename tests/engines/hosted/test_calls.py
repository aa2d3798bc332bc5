"""What goes through the pipe comes out of it."""

import msgspec
import pytest

from vivavoce.core.results import (
    Decided,
    Heard,
    Reading,
    Result,
    SpeechEnded,
    SpeechStarted,
    Switched,
)
from vivavoce.core.types import Brief, Word
from vivavoce.engines.base import StreamOptions, Window
from vivavoce.engines.hosted.calls import (
    LENGTH,
    Answer,
    Call,
    CloseStream,
    Decode,
    Feed,
    FinishStream,
    FlushStream,
    OpenStream,
    pack,
    unpack_answer,
    unpack_call,
)

WORD = Word("x", 1, 2, 0.5, "A")
RESULTS: list[Result] = [
    SpeechStarted(at=1),
    Heard(start=1, end=2, stable="a", tail=" b"),
    SpeechEnded(at=2),
    Decided(start=1, end=2, text="x", model="m", language="en", words=(WORD,), confidence=0.5),
    Switched(at=1, previous="a", engine="b", reason="r"),
]


def body(packed: bytes) -> bytes:
    (length,) = LENGTH.unpack(packed[: LENGTH.size])
    assert length == len(packed) - LENGTH.size
    return packed[LENGTH.size :]


@pytest.mark.parametrize(
    "call",
    [
        Decode(Window(samples=bytes(8), language="en", prefix=(1, 2))),
        OpenStream(1, StreamOptions(language="en", brief=Brief(hot_words=("alfa",)))),
        FinishStream(1),
        Feed(1, bytes(8)),
        FlushStream(1),
        CloseStream(1),
    ],
)
def test_a_call_arrives_as_it_was(call: Call) -> None:
    assert unpack_call(body(pack(call))) == call


@pytest.mark.parametrize(
    "answer",
    [
        Answer(),
        Answer(reading=Reading(text="x", tokens=(1,), words=(WORD,), confidence=0.5)),
        Answer(results=RESULTS),
        Answer(error="It broke."),
    ],
)
def test_an_answer_arrives_as_it_was(answer: Answer) -> None:
    assert unpack_answer(body(pack(answer))) == answer


def test_what_is_no_answer_is_not_taken_for_one() -> None:
    for rubbish in (b"", b"hello", body(pack(FlushStream(1)))[:-1]):
        with pytest.raises(msgspec.MsgspecError):
            unpack_answer(rubbish)
