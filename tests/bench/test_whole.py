"""Stretches to read as a whole, and what is read in them."""

from collections.abc import AsyncGenerator

import numpy as np
import pytest

from vivavoce.audio.level import LevelVad
from vivavoce.bench.whole import APART, AROUND, LONGEST, next_cut, stretches, whole
from vivavoce.core.commands import Options
from vivavoce.core.errors import BadMessage
from vivavoce.core.segmenter import WINDOW
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.live.recorded import Recorded
from vivavoce.testing.local import LocalHosts

pytestmark = pytest.mark.anyio


def test_nothing_is_cut_before_it_is_known_where() -> None:
    assert next_cut([]) is None
    assert next_cut([1.0] * (LONGEST - 1)) is None
    assert next_cut([1.0] + [0.0] * (APART - 1)) is None


def test_a_long_silence_ends_a_stretch_with_some_of_it_on_either_side() -> None:
    heard = [0.0] * 100 + [1.0] * 50 + [0.0] * APART
    assert next_cut(heard) == (100 - AROUND, 150 + AROUND, 150 + AROUND)


def test_without_one_it_is_cut_at_the_longest_silence_of_the_later_half() -> None:
    heard = [1.0] * LONGEST
    heard[10:50] = [0.0] * 40  # too early
    heard[600:605] = [0.0] * 5
    heard[700:720] = [0.0] * 20
    first, last, after = next_cut(heard) or (0, 0, 0)
    assert first == 0
    assert 705 <= last == after <= 715


def test_without_any_it_is_cut_where_speech_is_least_likely() -> None:
    heard = [1.0] * LONGEST
    heard[800] = 0.5
    assert next_cut(heard) == (0, 800, 800)


def test_silence_is_let_go_of() -> None:
    heard = [0.0] * (LONGEST + AROUND)
    assert next_cut(heard) == (0, 0, LONGEST)


async def _blocks(pcm: Pcm) -> AsyncGenerator[Pcm, None]:
    for at in range(0, len(pcm), SAMPLE_RATE):
        yield pcm[at : at + SAMPLE_RATE]


async def test_every_sample_that_is_heard_is_in_one_stretch() -> None:
    speech = np.concatenate([say(*["alfa"] * 200), silence(3), say("bravo"), silence(0.1)])
    pcm = np.concatenate([silence(40), speech])
    found = [part async for part in stretches(_blocks(pcm), LevelVad().open())]
    assert len(found) >= 3
    for start, part in found:
        assert np.array_equal(part, pcm[start : start + len(part)])
        assert len(part) <= (LONGEST + AROUND) * WINDOW + SAMPLE_RATE
    covered = np.zeros(len(pcm), bool)
    for start, part in found:
        assert not covered[start : start + len(part)].any()
        covered[start : start + len(part)] = True
    assert not np.abs(pcm[~covered]).any()


def _recorded(pcm: Pcm) -> Recorded:
    sent = (pcm * 32767).astype("<i2").tobytes()

    async def audio() -> AsyncGenerator[bytes, None]:
        yield sent

    return Recorded("id", "t", AudioFormat(), Options(), (), (), len(sent), audio)


async def test_all_is_read_and_placed() -> None:
    hosts = LocalHosts("scripted")
    await hosts.start()
    pcm = np.concatenate([silence(5), say("alfa", "bravo"), silence(4), say("charlie")])
    found = await whole(_recorded(pcm), hosts)
    assert [u.text for u in found.utterances] == ["alfa bravo", "charlie"]
    first, second = found.utterances
    assert 4 * SAMPLE_RATE < first.start < 5 * SAMPLE_RATE < first.end < second.start
    assert (first.engine, first.model) == ("scripted", "tones")


async def test_an_engine_that_streams_by_itself_has_no_whole_reading() -> None:
    with pytest.raises(BadMessage, match="scripted-native"):
        await whole(_recorded(silence(1)), LocalHosts("scripted-native"))
