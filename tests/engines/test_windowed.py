"""The windowed wrapper: samples, bounds, and answers that come when they like."""

import asyncio
import random
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from vivavoce.audio.level import LevelStream
from vivavoce.core.errors import EngineError
from vivavoce.core.past import SIGHT, Earlier
from vivavoce.core.results import Decided, Heard, Reading, SpeechEnded, SpeechStarted
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Pcm, StreamOptions, Urgency, Window
from vivavoce.engines.fake import GRAIN, WORDS, Scripted, say, silence
from vivavoce.engines.windowed import UNDECIDED, WindowedStream, rewound
from vivavoce.testing.engines import check_grammar, decided, said
from vivavoce.testing.local import LocalDecoder, hear, open_local

pytestmark = pytest.mark.anyio


def talk(chance: random.Random, words: int) -> tuple[Pcm, list[str]]:
    """Words with pauses of all lengths between them."""
    parts, spoken = [silence(0.3)], []
    for _ in range(words):
        word = chance.choice(WORDS)
        spoken.append(word)
        parts += [say(word), silence(chance.choice((0, 0, 0.1, 0.25, 0.6, 1.0)))]
    return np.concatenate([*parts, silence(1)]), spoken


class Continuing(Scripted):
    """Reads what follows what it was told; its first word names the one that it follows."""

    capabilities = replace(Scripted.capabilities, continues=True)

    def decode(self, window: Window) -> Reading:
        said, reading = window.said.split(), super().decode(window)
        if window.lead:
            told = super().decode(replace(window, samples=window.samples[: 4 * window.lead]))
            said = told.text.split()
        words = reading.words[len(said) :]
        text = " ".join(word.text for word in words)
        return replace(reading, text=f"{said[-1]}>{text}" if said and text else text, words=words)


class Held:
    """A decoder that answers when it is let."""

    def __init__(self) -> None:
        self.urgencies: list[Urgency] = []
        self.go = asyncio.Event()

    async def decode(self, window: Window, urgency: Urgency) -> Reading:
        self.urgencies.append(urgency)
        await self.go.wait()
        return Scripted().decode(window)


def over(decoder: object, options: StreamOptions | None = None) -> WindowedStream:
    return WindowedStream(
        decoder,  # type: ignore[arg-type]
        LevelStream(),
        Scripted.capabilities,
        options or StreamOptions(),
    )


@given(
    seed=st.integers(0, 10_000),
    sizes=st.lists(st.integers(77, 20_000), min_size=1, max_size=8),
    delays=st.lists(st.integers(0, 40), min_size=1, max_size=8),
    every=st.sampled_from((4_000, 8_000, 24_000)),
)
@settings(max_examples=20)
async def test_finals_depend_on_the_samples_alone(
    seed: int, sizes: list[int], delays: list[int], every: int
) -> None:
    """Not on how they were split, how often hypotheses were asked for, or when answers came."""
    pcm, spoken = talk(random.Random(seed), 8)
    calm = decided(await hear(open_local(Scripted(), StreamOptions(interims=False)), [pcm]))
    assert " ".join(final.text for final in calm).split() == spoken
    split: list[Pcm] = []
    at = 0
    while at < len(pcm):
        size = sizes[len(split) % len(sizes)]
        split.append(pcm[at : at + size])
        at += size
    options = StreamOptions(interim_every=every)
    stream = open_local(Scripted(), options, delay=lambda n: delays[n % len(delays)])
    busy = await hear(stream, split)
    check_grammar(busy, len(pcm))
    assert decided(busy) == calm


@given(engine=st.sampled_from((Scripted, Continuing)), seed=st.integers(0, 10_000))
@settings(max_examples=20)
async def test_a_stream_taken_up_after_any_final_says_the_rest(
    engine: type[Scripted], seed: int
) -> None:
    """To the sample, also where the final was cut from one who went on speaking."""
    pcm, _ = talk(random.Random(seed), 25)
    options = StreamOptions(max_utterance=3 * SAMPLE_RATE)
    results = await hear(open_local(engine(), options), [pcm])
    whole = decided(results)
    pauses = {result.at for result in results if isinstance(result, SpeechEnded)}
    for n, final in enumerate(whole, 1):
        base = rewound(final.end)
        cut = final.end not in pauses
        earlier = [Earlier(one.start, one.end, one.text) for one in whole[:n]]
        again = open_local(
            engine(), options, base=base, decided=final.end, going_on=cut, earlier=earlier
        )
        assert decided(await hear(again, [pcm[base:]])) == whole[n:]


async def test_what_follows_a_long_utterance_is_read_with_its_end_also_when_taken_up() -> None:
    words = [WORDS[n % len(WORDS)] for n in range(50)]
    pcm = np.concatenate([say(*words), silence(0.7), say("alfa"), silence(0.7)])
    long, short = decided(await hear(open_local(Continuing()), [pcm]))
    assert long.end - long.start > SIGHT
    assert short.text == f"{words[-1]}>alfa"
    base = rewound(long.end)
    again = open_local(
        Continuing(), base=base, decided=long.end, earlier=[Earlier(long.start, long.end, "x")]
    )
    assert decided(await hear(again, [pcm[base:]])) == [short]


@given(seed=st.integers(0, 10_000), delays=st.lists(st.integers(0, 40), min_size=1, max_size=8))
@settings(max_examples=20)
async def test_finals_read_together_depend_on_the_samples_alone(
    seed: int, delays: list[int]
) -> None:
    pcm, spoken = talk(random.Random(seed), 12)
    calm = decided(await hear(open_local(Continuing()), [pcm]))
    texts = " ".join(final.text for final in calm).split()
    assert [text.split(">")[-1] for text in texts] == spoken
    assert [word.text for final in calm for word in final.words] == spoken
    alone = decided(await hear(open_local(Scripted()), [pcm]))
    places = [word.start for final in alone for word in final.words]
    found = [word.start for final in calm for word in final.words]
    assert max(abs(a - b) for a, b in zip(found, places, strict=True)) <= 2 * GRAIN
    busy = open_local(Continuing(), delay=lambda n: delays[n % len(delays)])
    assert decided(await hear(busy, [pcm])) == calm


async def test_nothing_is_decided_twice_while_the_past_is_heard_again() -> None:
    stream = open_local(Scripted(), base=0, decided=30_000, going_on=True)
    await stream.flush()
    await stream.feed(say(*WORDS[:5]))
    await stream.tick(20_000)
    results = await hear(stream, [say(*WORDS[:3])])
    assert [(final.start, final.end) for final in decided(results)] == [(30_000, 32_000)]


async def test_words_are_placed_on_the_sessions_clock() -> None:
    stream = open_local(Scripted(), base=100_000)
    results = await hear(stream, [np.concatenate([silence(1), say("alfa", "bravo"), silence(1)])])
    (final,) = decided(results)
    alfa, bravo = final.words
    assert abs(alfa.start - 116_000) <= 160
    assert abs(bravo.start - 120_000) <= 160


async def test_hypotheses_come_while_somebody_speaks() -> None:
    pcm = np.concatenate([say(*WORDS[:12]), silence(1)])
    results = await hear(
        open_local(Scripted()), [pcm[at : at + 800] for at in range(0, len(pcm), 800)]
    )
    heard = [result for result in results if isinstance(result, Heard)]
    assert len(heard) >= 4
    assert heard[-1].stable.startswith("alfa bravo")
    assert isinstance(results[0], SpeechStarted)


async def test_nobody_who_never_pauses_is_waited_for() -> None:
    options = StreamOptions(max_utterance=5 * SAMPLE_RATE)
    pcm = say(*(WORDS * 3))
    results = await hear(open_local(Scripted(), options), [pcm])
    check_grammar(results, len(pcm))
    finals = decided(results)
    assert len(finals) >= 4
    assert all(final.end - final.start <= options.max_utterance + 512 for final in finals)
    assert said(results) == " ".join(WORDS * 3), "cut at the quietest place: between two words"


async def test_an_hour_is_heard_in_bounded_memory() -> None:
    options = StreamOptions(max_utterance=10 * SAMPLE_RATE)
    stream = open_local(Scripted(), options)
    assert isinstance(stream, WindowedStream)
    minute = np.concatenate([say(*WORDS), silence(3.5), say(*(WORDS * 2)), silence(37)])
    minute = minute[: 60 * SAMPLE_RATE]
    count, most = 0, 0

    async def read() -> None:
        nonlocal count
        async for result in stream.results():
            count += isinstance(result, Decided)

    reading = asyncio.create_task(read())
    for _ in range(60):
        for at in range(0, len(minute), SAMPLE_RATE):
            await stream.feed(minute[at : at + SAMPLE_RATE])
            most = max(most, stream._kept.end - stream._kept.start)
    await stream.flush()
    await stream.close()
    await reading
    assert count >= 60 * 3
    assert most < options.max_utterance + 5 * SAMPLE_RATE


async def test_feeding_waits_while_too_much_is_undecided() -> None:
    decoder = Held()
    stream = over(decoder)
    pcm = np.concatenate([say("alfa"), silence(0.8)] * (3 * UNDECIDED))
    feeding = asyncio.create_task(stream.feed(pcm))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not feeding.done()
    assert sum(urgency is Urgency.FINAL for urgency in decoder.urgencies) <= UNDECIDED + 2
    decoder.go.set()
    await feeding
    await stream.flush()
    await stream.close()
    finals = [result async for result in stream.results() if isinstance(result, Decided)]
    assert len(finals) == 3 * UNDECIDED


@pytest.mark.parametrize("interims", [True, False])
async def test_files_are_less_urgent_than_people(interims: bool) -> None:
    decoder = LocalDecoder(Scripted())
    await hear(over(decoder, StreamOptions(interims=interims)), [say(*WORDS[:9]), silence(1)])
    urgencies = {urgency for _, urgency in decoder.asked}
    assert urgencies == ({Urgency.FINAL, Urgency.INTERIM} if interims else {Urgency.BATCH})


async def test_a_window_says_whether_another_will_replace_it() -> None:
    decoder = LocalDecoder(Scripted())
    await hear(over(decoder, StreamOptions()), [say(*WORDS[:9]), silence(1)])
    assert {window.interim: urgency for window, urgency in decoder.asked} == {
        True: Urgency.INTERIM,
        False: Urgency.FINAL,
    }


async def test_a_tick_ends_what_somebody_said_last() -> None:
    stream = open_local(Scripted())
    await stream.feed(np.concatenate([say("alfa"), silence(0.1)]))
    await stream.tick(4_000)
    await stream.tick(4_000)
    results = stream.results()
    seen = [await anext(results) for _ in range(3)]
    assert [type(result) for result in seen] == [SpeechStarted, SpeechEnded, Decided]
    await stream.close()


async def test_an_engine_that_fails_is_told_to_the_reader() -> None:
    class Broken:
        async def decode(self, window: Window, urgency: Urgency) -> Reading:
            raise EngineError("It broke.")

    with pytest.raises(EngineError, match="It broke"):
        async with asyncio.timeout(10):
            await hear(over(Broken()), [say(*WORDS), silence(1)] * 20)


@pytest.mark.parametrize(
    "fails", [lambda n, urgency: urgency is Urgency.INTERIM, lambda n, _: n == 0]
)
async def test_an_interim_or_a_guess_that_fails_costs_no_word(
    fails: Callable[[int, Urgency], bool],
) -> None:
    """The first decoding of the second case is a final asked for at a pause that was none."""

    class Shaky:
        asked: ClassVar[list[Urgency]] = []

        async def decode(self, window: Window, urgency: Urgency) -> Reading:
            n = len(self.asked)
            self.asked.append(urgency)
            if fails(n, urgency):
                raise EngineError("It broke.")
            return Scripted().decode(window)

    Shaky.asked.clear()
    options = StreamOptions(interim_every=8_000 if fails(9, Urgency.INTERIM) else 10**9)
    pcm = [say("alfa"), silence(0.4), say("bravo"), silence(1)]
    heard = await hear(over(Shaky(), options), pcm)
    assert said(heard) == "alfa bravo"


async def test_a_change_holds_for_what_comes_next() -> None:
    stream = open_local(Scripted())
    await stream.feed(say("alfa"))
    stream.configure(StreamOptions(endpoint=SAMPLE_RATE // 4, language="de"))
    results = await hear(stream, [np.concatenate([silence(0.3), say("bravo"), silence(0.3)])])
    assert [final.text for final in decided(results)] == ["alfa", "bravo"]
    assert decided(results)[-1].language == "de"


async def test_closing_gives_up_what_is_open() -> None:
    decoder = Held()
    stream = over(decoder)
    await stream.feed(np.concatenate([say("alfa"), silence(1)]))
    await asyncio.sleep(0)
    await stream.close()
    results = [result async for result in stream.results()]
    assert [type(result) for result in results] == [SpeechStarted, SpeechEnded]
