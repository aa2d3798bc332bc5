"""The engine contract: what holds for every engine behind the port.

A plug-in's test module says what its engine is, and inherits the rest:

    class TestMine(WindowedContract):
        @pytest.fixture(scope="class")
        @classmethod
        def engine(cls) -> Mine:
            engine = Mine()
            engine.load()
            return engine

        @pytest.fixture(scope="class")
        @classmethod
        def speech(cls) -> Pcm:
            return ...  # a few seconds in which somebody speaks, with silence at both ends
"""

import asyncio
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

import msgspec
import numpy as np
import pytest

from vivavoce.core.results import Decided, Heard, Reading, Result, SpeechEnded, SpeechStarted
from vivavoce.core.types import SAMPLE_RATE, Word
from vivavoce.engines.base import (
    Capabilities,
    Engine,
    NativeEngine,
    Pcm,
    ServiceEngine,
    StreamOptions,
    Window,
    WindowedEngine,
)
from vivavoce.testing.local import hear, open_local


def window(pcm: Pcm, prefix: Sequence[int] = ()) -> Window:
    """These samples, to be decoded."""
    return Window(samples=np.asarray(pcm, "<f4").tobytes(), prefix=tuple(prefix))


def pieces(pcm: Pcm, size: int) -> list[Pcm]:
    """The samples in pieces of `size`."""
    return [pcm[at : at + size] for at in range(0, len(pcm), size)]


def decided(results: Iterable[Result]) -> list[Decided]:
    return [result for result in results if isinstance(result, Decided)]


def finals(engine: Engine, results: Iterable[Result]) -> list[Decided]:
    """The decisions; of a service without their words, which a busy one gives up waiting for."""
    found = decided(results)
    if engine.capabilities.kind == "service":
        return [msgspec.structs.replace(final, words=(), confidence=None) for final in found]
    return found


def said(results: Iterable[Result]) -> str:
    """All final text on one line."""
    return " ".join(result.text for result in decided(results) if result.text)


def alike(reading: str, fresh: str) -> bool:
    """Whether both may be readings of the same samples.

    Scoring a prefix at once rounds differently from decoding it step by step, so that a word
    on the edge may fall to either side.
    """
    return SequenceMatcher(None, reading, fresh, autojunk=False).ratio() > 0.9


def check_words(words: Sequence[Word], start: int, end: int) -> None:
    """Words lie within [start, end] and in order."""
    at = start
    for word in words:
        assert word.text.strip() == word.text != "", f"{word} has no text, or space around it"
        assert at <= word.start <= word.end <= end, f"{word} is not in order within {start}...{end}"
        assert word.confidence is None or 0 <= word.confidence <= 1, word
        at = word.start


def check_grammar(results: Iterable[Result], fed: int) -> None:
    """What a stream said of `fed` samples, and a flush, follows the grammar of results:

    speech starts before anything is heard or decided; hypotheses are about the utterance that
    is open; their stable part only grows; decisions are in order, do not overlap, and lie
    within what was fed; at the end nobody speaks.
    """
    speaking = spoken = False
    end, stable, about = 0, "", -1
    for result in results:
        match result:
            case SpeechStarted():
                assert not speaking, f"speech started twice, the second time at {result.at}"
                speaking = spoken = True
            case SpeechEnded():
                assert speaking, f"speech ended at {result.at} and had not started"
                speaking = False
            case Heard():
                assert speaking, f"{result} was heard while nobody spoke"
                assert end <= result.start < result.end <= fed, result
                if result.start != about:
                    about, stable = result.start, ""
                assert result.stable.startswith(stable), f"{stable!r} shrank to {result.stable!r}"
                stable = result.stable
            case Decided():
                assert spoken, f"{result} was decided before anybody spoke"
                assert end <= result.start < result.end <= fed, f"{result} after {end}, of {fed}"
                check_words(result.words, result.start, result.end)
                end = result.end
    assert not speaking, "speech never ended"


class EngineContract:
    """What holds for engines of both kinds."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> Engine:
        """The engine, loaded."""
        raise NotImplementedError("Say which engine is to be tested.")

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls) -> Pcm:
        """A few seconds in which somebody speaks, with silence at both ends."""
        raise NotImplementedError("Give the engine something to hear.")

    def test_capabilities_are_sane_data(self, engine: Engine) -> None:
        capabilities = engine.capabilities
        assert capabilities.name
        assert capabilities.model
        assert capabilities.languages
        assert all(capabilities.languages)
        assert capabilities.rate > 0
        assert capabilities.size_mb >= 0
        encoded = msgspec.json.encode(capabilities)
        assert msgspec.json.decode(encoded, type=Capabilities) == capabilities

    def test_loading_again_is_harmless(self, engine: Engine) -> None:
        engine.load()

    @pytest.mark.anyio
    async def test_silence_has_no_words(self, engine: Engine) -> None:
        quiet = np.zeros(2 * SAMPLE_RATE, np.float32)
        assert said(await hear(open_local(engine), [quiet])) == ""

    @pytest.mark.anyio
    async def test_nothing_fed_is_nothing_said(self, engine: Engine) -> None:
        assert await hear(open_local(engine), []) == []

    @pytest.mark.anyio
    @pytest.mark.parametrize("size", [160, 4096, 10 * SAMPLE_RATE])
    async def test_results_follow_the_grammar(self, engine: Engine, speech: Pcm, size: int) -> None:
        results = await hear(open_local(engine), pieces(speech, size))
        check_grammar(results, len(speech))
        assert said(results)

    @pytest.mark.anyio
    async def test_finals_do_not_depend_on_the_split(self, engine: Engine, speech: Pcm) -> None:
        whole = finals(engine, await hear(open_local(engine), [speech]))
        assert finals(engine, await hear(open_local(engine), pieces(speech, 777))) == whole

    @pytest.mark.anyio
    async def test_finals_do_not_depend_on_interims(self, engine: Engine, speech: Pcm) -> None:
        watched = await hear(open_local(engine), pieces(speech, 1600))
        quiet = await hear(open_local(engine, StreamOptions(interims=False)), [speech])
        assert not [result for result in quiet if isinstance(result, Heard)]
        assert finals(engine, quiet) == finals(engine, watched)

    @pytest.mark.anyio
    async def test_a_flush_decides_everything(self, engine: Engine, speech: Pcm) -> None:
        """Also in the middle of a word; and the stream goes on after it."""
        half = speech[: len(speech) // 2]
        results = await hear(open_local(engine), [half])
        check_grammar(results, len(half))
        assert said(results)

    @pytest.mark.anyio
    async def test_positions_count_from_the_base(self, engine: Engine, speech: Pcm) -> None:
        base = 7 * SAMPLE_RATE
        here = decided(await hear(open_local(engine), [speech]))
        there = decided(await hear(open_local(engine, base=base), [speech]))
        assert [(d.start + base, d.end + base, d.text) for d in here] == [
            (d.start, d.end, d.text) for d in there
        ]

    @pytest.mark.anyio
    async def test_nothing_follows_a_close(self, engine: Engine, speech: Pcm) -> None:
        """And what is open when a stream is closed is given up."""
        stream = open_local(engine)
        await stream.feed(speech)
        await stream.close()
        results = [result async for result in stream.results()]
        assert len(decided(results)) <= len(decided(await hear(open_local(engine), [speech])))


class WindowedContract(EngineContract):
    """For a `WindowedEngine`."""

    def test_it_says_that_it_is_windowed(self, engine: WindowedEngine) -> None:
        assert engine.capabilities.kind == "windowed"

    @pytest.mark.parametrize("samples", [0, 1, 100, 1600, 8000])
    def test_a_window_of_nothing_has_no_words(self, engine: WindowedEngine, samples: int) -> None:
        reading = engine.decode(window(np.zeros(samples, np.float32)))
        assert reading.text == ""
        assert reading.words == ()

    @pytest.mark.parametrize("samples", [1, 100, 1600])
    def test_a_very_short_window_is_decoded(
        self, engine: WindowedEngine, speech: Pcm, samples: int
    ) -> None:
        middle = len(speech) // 2
        self.check_reading(engine.decode(window(speech[middle : middle + samples])), samples)

    def test_decoding_keeps_nothing(self, engine: WindowedEngine, speech: Pcm) -> None:
        half = speech[: len(speech) // 2]
        first, other = engine.decode(window(speech)), engine.decode(window(half))
        assert engine.decode(window(speech)) == first
        assert engine.decode(window(half)) == other
        assert first.text

    def test_words_are_in_order_within_the_window(
        self, engine: WindowedEngine, speech: Pcm
    ) -> None:
        self.check_reading(engine.decode(window(speech)), len(speech))

    def test_readings_are_data(self, engine: WindowedEngine, speech: Pcm) -> None:
        reading = engine.decode(window(speech))
        encoded = msgspec.msgpack.encode(reading)
        assert msgspec.msgpack.decode(encoded, type=Reading) == reading

    def test_an_own_prefix_is_confirmed(self, engine: WindowedEngine, speech: Pcm) -> None:
        fresh = engine.decode(window(speech))
        assert alike(engine.decode(window(speech, fresh.tokens)).text, fresh.text)

    def test_a_wrong_prefix_is_thrown_away(self, engine: WindowedEngine, speech: Pcm) -> None:
        """Whatever a prefix says, the reading is one that the samples alone may have."""
        fresh = engine.decode(window(speech))
        for wrong in ([7] * 5, [2**31], [-1], list(reversed(fresh.tokens))):
            assert alike(engine.decode(window(speech, wrong)).text, fresh.text)

    def test_a_prefix_grows_with_the_window(self, engine: WindowedEngine, speech: Pcm) -> None:
        """Hypotheses extended step by step end where a fresh decoding does."""
        reading = Reading(text="")
        for quarter in (1, 2, 3, 4):
            reading = engine.decode(window(speech[: len(speech) * quarter // 4], reading.tokens))
        assert alike(reading.text, engine.decode(window(speech)).text)

    def check_reading(self, reading: Reading, samples: int) -> None:
        assert reading.text == " ".join(reading.text.split())
        assert reading.confidence is None or 0 <= reading.confidence <= 1
        check_words(reading.words, 0, samples)


class NativeContract(EngineContract):
    """For a `NativeEngine`."""

    def test_it_says_that_it_is_native(self, engine: NativeEngine) -> None:
        assert engine.capabilities.kind == "native"

    def test_streams_know_nothing_of_each_other(self, engine: NativeEngine, speech: Pcm) -> None:
        alone = engine.open(StreamOptions())
        expected = [*alone.feed(speech), *alone.flush()]
        one, other = engine.open(StreamOptions()), engine.open(StreamOptions())
        heard: list[Result] = []
        for piece in pieces(speech, SAMPLE_RATE):
            heard += one.feed(piece)
            other.feed(piece[::-1])
        heard += one.flush()
        assert decided(heard) == decided(expected)
        for stream in (alone, one, other):
            stream.close()

    def test_a_flush_of_nothing_says_nothing(self, engine: NativeEngine) -> None:
        stream = engine.open(StreamOptions())
        assert not stream.flush()
        stream.close()


class ServiceContract(EngineContract):
    """For a `ServiceEngine`. `engine` is one whose service can be reached, and says the same
    to the same samples."""

    def test_it_says_that_it_is_a_service(self, engine: ServiceEngine) -> None:
        assert engine.capabilities.kind == "service"

    @pytest.mark.anyio
    async def test_a_turn_without_audio_says_nothing(self, engine: ServiceEngine) -> None:
        turn = await engine.open(StreamOptions())
        await turn.finish()
        assert not [result async for result in turn.results()]
        await turn.close()

    @pytest.mark.anyio
    async def test_turns_know_nothing_of_each_other(
        self, engine: ServiceEngine, speech: Pcm
    ) -> None:
        alone = finals(engine, await hear(open_local(engine), [speech]))
        one, other = open_local(engine), open_local(engine)
        async with asyncio.TaskGroup() as both:
            hearing = both.create_task(hear(one, pieces(speech, SAMPLE_RATE)))
            both.create_task(hear(other, pieces(speech[::-1].copy(), SAMPLE_RATE)))
        assert finals(engine, hearing.result()) == alone

    @pytest.mark.anyio
    async def test_a_turn_is_closed_in_the_middle(self, engine: ServiceEngine, speech: Pcm) -> None:
        """More than once, and while results are still to come."""
        turn = await engine.open(StreamOptions())
        await turn.feed(speech)
        await turn.close()
        await turn.close()

    @pytest.mark.anyio
    async def test_after_a_flush_another_turn_goes_on(
        self, engine: ServiceEngine, speech: Pcm
    ) -> None:
        """On the same timeline."""
        stream = open_local(engine)

        async def feed() -> None:
            await stream.feed(speech)
            await stream.flush()
            await stream.feed(speech)
            await stream.flush()
            await stream.close()

        feeding = asyncio.create_task(feed())
        results = [result async for result in stream.results()]
        await feeding
        check_grammar(results, 2 * len(speech))
        found = decided(results)
        half = len(found) // 2
        assert [final.text for final in found[:half]] == [final.text for final in found[half:]]
        assert [final.start + len(speech) for final in found[:half]] == [
            final.start for final in found[half:]
        ]
