"""A natively streaming engine behind the session's port."""

from collections.abc import Sequence

import numpy as np
import pytest

from vivavoce.core.errors import EngineError
from vivavoce.core.results import (
    Decided,
    Heard,
    Result,
    SpeechEnded,
    SpeechStarted,
    Switched,
)
from vivavoce.core.types import SAMPLE_RATE, Word
from vivavoce.engines.base import Pcm, StreamOptions
from vivavoce.engines.fake import ScriptedNative, say, silence
from vivavoce.engines.native import NativeEngineStream, shifted
from vivavoce.testing.engines import decided
from vivavoce.testing.local import hear, open_local

pytestmark = pytest.mark.anyio


class Recorded:
    """A remote that notes what it is asked."""

    def __init__(self, *, fail_at: int = 1 << 30) -> None:
        self.fed: list[int] = []
        self.flushes = 0
        self.closed = False
        self._fail_at = fail_at

    async def feed(self, pcm: Pcm) -> Sequence[Result]:
        self.fed.append(len(pcm))
        if len(self.fed) == self._fail_at:
            raise EngineError("The line broke.")
        return [SpeechStarted(at=0)] if len(self.fed) == 1 else []

    async def flush(self) -> Sequence[Result]:
        self.flushes += 1
        return [SpeechEnded(at=9), Decided(start=0, end=9, text="x", model="m")]

    async def close(self) -> None:
        self.closed = True


def over(remote: Recorded, options: StreamOptions | None = None) -> NativeEngineStream:
    return NativeEngineStream(remote, ScriptedNative.capabilities, options or StreamOptions())


async def test_a_call_carries_at_most_a_second() -> None:
    remote = Recorded()
    await over(remote).feed(np.zeros(2 * SAMPLE_RATE + 5, np.float32))
    assert remote.fed == [SAMPLE_RATE, SAMPLE_RATE, 5]


async def test_a_pause_in_the_audio_ends_what_was_said() -> None:
    remote = Recorded()
    stream = over(remote)
    await stream.tick(SAMPLE_RATE)
    assert remote.flushes == 0, "nobody speaks"
    await stream.feed(np.zeros(5, np.float32))
    await stream.tick(SAMPLE_RATE // 4)
    assert remote.flushes == 0
    await stream.tick(SAMPLE_RATE // 4)
    await stream.tick(SAMPLE_RATE)
    assert remote.flushes == 1


async def test_a_change_holds_at_once() -> None:
    remote = Recorded()
    stream = over(remote)
    await stream.feed(np.zeros(5, np.float32))
    stream.configure(StreamOptions(endpoint=100))
    await stream.tick(100)
    assert remote.flushes == 1


async def test_an_engine_that_fails_is_told_to_the_reader() -> None:
    with pytest.raises(EngineError, match="The line broke"):
        await hear(over(Recorded(fail_at=2)), [np.zeros(5, np.float32)] * 3)


async def test_closing_lets_go_of_the_engine() -> None:
    remote = Recorded()
    stream = over(remote)
    await stream.close()
    assert remote.closed
    assert [result async for result in stream.results()] == []


async def test_hypotheses_are_left_out_where_nobody_watches() -> None:
    pcm = [np.concatenate([say("alfa", "bravo", "charlie", "delta"), silence(1)])]
    results = await hear(open_local(ScriptedNative(), StreamOptions(interims=False)), pcm)
    assert not any(isinstance(result, Heard) for result in results)
    assert [final.text for final in decided(results)] == ["alfa bravo charlie delta"]


def test_every_position_is_shifted() -> None:
    word = Word("x", 1, 2, 0.5, "A")
    assert shifted(SpeechStarted(at=1), 10) == SpeechStarted(at=11)
    assert shifted(SpeechEnded(at=1), 10) == SpeechEnded(at=11)
    assert shifted(Heard(start=1, end=2, stable="a", tail="b"), 10) == Heard(
        start=11, end=12, stable="a", tail="b"
    )
    assert shifted(Decided(start=1, end=2, text="x", model="m", words=(word,)), 10) == Decided(
        start=11, end=12, text="x", model="m", words=(Word("x", 11, 12, 0.5, "A"),)
    )
    switched = Switched(at=1, previous="a", engine="b", reason="r")
    assert shifted(switched, 10).at == 11  # type: ignore[union-attr]
