"""Word times after the final: around any stream, and nothing waits for them."""

import asyncio
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from vivavoce.core.errors import EngineError
from vivavoce.core.results import Aligned, Decided, Reading, Result
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.aligning import aligned as module
from vivavoce.engines.aligning.aligned import BEFORE, OUTSTANDING, AlignedStream, Aligning
from vivavoce.engines.base import (
    EngineStream,
    NativeStream,
    Pcm,
    Span,
    StreamOptions,
    Urgency,
    Window,
)
from vivavoce.engines.fake import WORDS, Scripted, ScriptedAligner, ScriptedNative, say, silence
from vivavoce.engines.native import NativeEngineStream
from vivavoce.testing.clock import virtual_time
from vivavoce.testing.engines import check_grammar, decided, pieces
from vivavoce.testing.local import LocalAligner, LocalRemote, hear, open_local

pytestmark = pytest.mark.anyio

ENGLISH: tuple[str, ...] = ("en",)
FILE = StreamOptions(interims=False)
PAUSE = silence(0.8)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time(0)


class Untimed(Scripted):
    """Knows how sure it is of each word, and not when it was."""

    capabilities = replace(Scripted.capabilities, word_times=False, languages=ENGLISH)

    def decode(self, window: Window) -> Reading:
        reading = super().decode(window)
        chances = tuple(1 / (2 + i) for i in range(len(reading.words)))
        return replace(reading, words=(), chances=chances)


class Failing:
    """An aligner that is never there."""

    languages = ENGLISH

    async def align(self, pcm: Pcm, words: Sequence[str], urgency: Urgency) -> Sequence[Span]:
        raise EngineError("The aligner died.")


def untimed(
    aligning: Aligning, options: StreamOptions | None = None, base: int = 0
) -> AlignedStream:
    options = options or StreamOptions()
    return AlignedStream(open_local(Untimed(), options, base=base), aligning, options, base)


def found(results: Sequence[Result]) -> list[Aligned]:
    return [result for result in results if isinstance(result, Aligned)]


def talk(chance: random.Random, words: int) -> Pcm:
    """Words with pauses of all lengths between them."""
    parts = [silence(0.3)]
    for _ in range(words):
        parts += [say(chance.choice(WORDS)), silence(chance.choice((0, 0.1, 0.6, 1.0)))]
    return np.concatenate([*parts, silence(1)])


@settings(max_examples=25)
@given(
    st.randoms(use_true_random=False), st.integers(1, 8), st.booleans(), st.integers(500, 40_000)
)
async def test_every_final_gets_its_times(
    chance: random.Random, words: int, interims: bool, size: int
) -> None:
    """The words are those of the text, in order, where they were said, as sure as was said."""
    pcm, options = talk(chance, words), StreamOptions(interims=interims)
    results = await hear(untimed(LocalAligner(ScriptedAligner()), options), pieces(pcm, size))
    spoken = decided(results)
    timed = decided(await hear(open_local(Scripted(), options), [pcm]))
    assert [each.text for each in spoken] == [each.text for each in timed]
    revised = {(each.start, each.end): each.words for each in found(results)}
    for final, truth in zip(spoken, timed, strict=True):
        placed = revised[final.start, final.end]
        assert " ".join(word.text for word in placed) == final.text
        assert [(w.start, w.end) for w in placed] == [(w.start, w.end) for w in truth.words]
        assert [word.confidence for word in placed] == list(final.chances)


@settings(max_examples=15)
@given(st.randoms(use_true_random=False), st.sampled_from(["hangs", "fails", "works"]))
async def test_nothing_else_is_different(chance: random.Random, aligner: str) -> None:
    """Whether the aligner works, hangs or fails: the same is heard and decided, in order."""
    pcm = talk(chance, 8)
    aligning: Aligning = LocalAligner(ScriptedAligner())
    if aligner == "hangs":
        aligning.open_gate.clear()  # type: ignore[attr-defined]
    if aligner == "fails":
        aligning = Failing()
    bare = await hear(open_local(Untimed()), pieces(pcm, 1600))
    results = await hear(untimed(aligning), pieces(pcm, 1600))
    others = [result for result in results if not isinstance(result, Aligned)]
    assert [r for r in others if isinstance(r, Decided)] == decided(bare)
    check_grammar(others, len(pcm))
    assert bool(found(results)) == (aligner == "works")


async def test_times_follow_their_final() -> None:
    results = await hear(untimed(LocalAligner(ScriptedAligner())), [say("alfa"), PAUSE])
    kinds = [type(result) for result in results]
    assert kinds.index(Decided) < kinds.index(Aligned)


async def test_the_end_does_not_wait_for_a_hanging_aligner() -> None:
    aligning = LocalAligner(ScriptedAligner())
    aligning.open_gate.clear()
    clock = asyncio.get_running_loop().time
    begun = clock()
    results = await hear(untimed(aligning), [say("alfa"), PAUSE])
    assert decided(results)
    assert not found(results)
    assert clock() - begun < module.SETTLE + 0.5


async def test_a_file_waits_for_its_times_at_the_end() -> None:
    aligning = LocalAligner(ScriptedAligner())
    aligning.open_gate.clear()
    asyncio.get_running_loop().call_later(module.SETTLE + 5, aligning.open_gate.set)
    assert found(await hear(untimed(aligning, FILE), [say("alfa"), PAUSE]))


@pytest.mark.parametrize(
    ("asked", "understood"), [(None, True), ("en", True), ("en-GB", True), ("de", False)]
)
async def test_only_languages_that_the_aligner_knows_are_aligned(
    asked: str | None, understood: bool
) -> None:
    aligning = LocalAligner(ScriptedAligner())
    options = StreamOptions(language=asked)
    assert bool(found(await hear(untimed(aligning, options), [say("alfa"), PAUSE]))) == understood
    assert bool(aligning.asked) == understood


async def test_what_the_engine_has_timed_is_left_alone() -> None:
    aligning = LocalAligner(ScriptedAligner())
    stream = AlignedStream(open_local(Scripted()), aligning, StreamOptions(language="en"))
    assert decided(await hear(stream, [say("alfa"), PAUSE]))[0].words
    assert not aligning.asked


async def test_live_no_more_than_so_many_are_asked_for_and_finals_go_on() -> None:
    aligning = LocalAligner(ScriptedAligner())
    aligning.open_gate.clear()
    spoken = np.concatenate([np.concatenate([say("alfa"), PAUSE])] * (OUTSTANDING + 3))
    results = await hear(untimed(aligning), pieces(spoken, SAMPLE_RATE))
    assert len(decided(results)) == OUTSTANDING + 3
    assert len(aligning.asked) == OUTSTANDING


async def test_a_file_waits_so_that_every_final_gets_its_times() -> None:
    aligning = LocalAligner(ScriptedAligner())
    aligning.open_gate.clear()
    asyncio.get_running_loop().call_later(5, aligning.open_gate.set)
    spoken = np.concatenate([np.concatenate([say("alfa"), PAUSE])] * 40)
    results = await hear(untimed(aligning, FILE), pieces(spoken, SAMPLE_RATE))
    assert len(found(results)) == len(decided(results)) == 40
    assert {urgency for _, urgency in aligning.asked} == {Urgency.BATCH}


async def test_silence_costs_no_memory_and_speech_after_it_is_timed() -> None:
    base = 7 * SAMPLE_RATE
    stream = untimed(LocalAligner(ScriptedAligner()), base=base)
    long = [silence(1)] * 300
    results = await hear(stream, [*long, say("alfa", "bravo"), PAUSE])
    (revised,) = found(results)
    assert revised.words[0].start == base + 300 * SAMPLE_RATE
    assert stream._kept._size <= BEFORE + 3 * SAMPLE_RATE


async def test_an_engine_that_streams_by_itself_gets_times_too() -> None:
    class Wordless:
        """Its results without words."""

        def __init__(self, inner: NativeStream) -> None:
            self.inner = inner

        def feed(self, pcm: Pcm) -> list[Result]:
            return [_wordless(result) for result in self.inner.feed(pcm)]

        def flush(self) -> list[Result]:
            return [_wordless(result) for result in self.inner.flush()]

        def close(self) -> None:
            self.inner.close()

    options = StreamOptions(language="en")
    remote = LocalRemote(Wordless(ScriptedNative().open(StreamOptions(language="en"))))
    inner: EngineStream = NativeEngineStream(remote, ScriptedNative.capabilities, options)
    stream = AlignedStream(inner, LocalAligner(ScriptedAligner()), options)
    pcm = np.concatenate([silence(0.5), say("alfa", "bravo"), PAUSE])
    (revised,) = found(await hear(stream, pieces(pcm, 3200)))
    (truth,) = decided(await hear(open_local(ScriptedNative(), options), [pcm]))
    assert [(w.text, w.start, w.end) for w in revised.words] == [
        (w.text, w.start, w.end) for w in truth.words
    ]


def _wordless(result: Result) -> Result:
    return replace(result, words=()) if isinstance(result, Decided) else result


async def test_an_engine_that_fails_is_heard_of() -> None:
    class Broken(Untimed):
        def decode(self, window: Window) -> Reading:
            raise EngineError("The engine died.")

    options = StreamOptions()
    stream = AlignedStream(open_local(Broken()), LocalAligner(ScriptedAligner()), options)
    with pytest.raises(EngineError, match="The engine died"):
        await hear(stream, [say("alfa"), PAUSE])


async def test_a_stream_that_is_never_used_need_not_be_closed() -> None:
    before = asyncio.all_tasks()
    untimed(LocalAligner(ScriptedAligner()))
    assert asyncio.all_tasks() == before
