"""The host's side of the pipe, without a process."""

import io

import numpy as np

from vivavoce.core.results import Decided, Reading, SpeechStarted
from vivavoce.engines.base import StreamOptions, Window
from vivavoce.engines.fake import Scripted, ScriptedNative, say
from vivavoce.engines.hosted.calls import (
    LENGTH,
    Answer,
    Call,
    CloseStream,
    Decode,
    Feed,
    FlushStream,
    OpenStream,
    pack,
    unpack_answer,
)
from vivavoce.engines.hosted.host import Host, serve


class Broken(Scripted):
    def decode(self, window: Window) -> Reading:
        raise ZeroDivisionError("by zero")


ALFA = say("alfa").astype("<f4").tobytes()


def test_a_window_is_read() -> None:
    answer = Host(Scripted()).answer(Decode(Window(samples=ALFA)))
    assert answer.reading is not None
    assert answer.reading.text == "alfa"
    assert answer.error is None


def test_a_stream_is_fed_until_it_is_closed() -> None:
    host = Host(ScriptedNative())
    assert host.answer(OpenStream(4, StreamOptions(language="en"))) == Answer()
    assert host.answer(Feed(4, ALFA)).results == [SpeechStarted(at=0)]
    (_, decided) = host.answer(FlushStream(4)).results
    assert isinstance(decided, Decided)
    assert (decided.text, decided.language) == ("alfa", "en")
    assert host.answer(CloseStream(4)) == Answer()
    assert host.answer(CloseStream(4)) == Answer(), "once more is harmless"
    assert host.answer(Feed(4, ALFA)).error is not None


def test_an_engines_exception_is_that_calls_error() -> None:
    host = Host(Broken())
    answer = host.answer(Decode(Window(samples=ALFA)))
    assert answer.error == "scripted failed: ZeroDivisionError: by zero"


def test_a_call_of_the_wrong_kind_is_an_error() -> None:
    assert "does not decode windows" in str(
        Host(ScriptedNative()).answer(Decode(Window(samples=b"")))
    )
    assert "does not stream by itself" in str(
        Host(Scripted()).answer(OpenStream(1, StreamOptions()))
    )


def test_calls_are_answered_in_order_until_the_pipe_closes() -> None:
    calls: list[Call] = [Decode(Window(samples=np.zeros(n, "<f4").tobytes())) for n in (0, 5, 5000)]
    calls.insert(1, Decode(Window(samples=ALFA)))
    answers = io.BytesIO()
    serve(Host(Scripted()), io.BytesIO(b"".join(map(pack, calls))), answers)
    raw, texts = answers.getvalue(), []
    while raw:
        (length,) = LENGTH.unpack(raw[: LENGTH.size])
        answer = unpack_answer(raw[LENGTH.size :][:length])
        assert answer.reading is not None
        texts.append(answer.reading.text)
        raw = raw[LENGTH.size + length :]
    assert texts == ["", "alfa", "", ""]
