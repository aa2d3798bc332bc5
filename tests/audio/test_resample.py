"""Conversion to 16 kHz, cut anywhere."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio.pcm import Mono
from vivavoce.audio.resample import Resampler

RATES = [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000, 12_345]


def run(rate: int, samples: Mono, cuts: list[int]) -> Mono:
    resampler = Resampler(rate)
    edges = [0, *sorted(cuts), len(samples)]
    pieces = [resampler.feed(samples[a:b]) for a, b in pairwise(edges)]
    return np.concatenate([*pieces, resampler.flush()])


@settings(max_examples=60)
@given(rate=st.sampled_from(RATES), data=st.data())
def test_any_split_gives_the_same_bits_and_the_promised_count(
    rate: int, data: st.DataObject
) -> None:
    size = data.draw(st.integers(0, rate // 2))
    cuts = data.draw(st.lists(st.integers(0, size), max_size=30))
    samples = np.random.default_rng(size).uniform(-1, 1, size).astype(np.float32)
    whole = run(rate, samples, [])
    assert abs(len(whole) - size * 16_000 / rate) <= 0.5
    assert run(rate, samples, cuts).tobytes() == whole.tobytes()


def test_one_sample_at_a_time_gives_the_same_bits() -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, 9_001).astype(np.float32)
    one_by_one = run(44_100, samples, list(range(1, 9_001)))
    assert one_by_one.tobytes() == run(44_100, samples, []).tobytes()


def test_16_khz_passes_through_untouched() -> None:
    samples = np.random.default_rng(2).uniform(-1, 1, 1_000).astype(np.float32)
    assert run(16_000, samples, [300]).tobytes() == samples.tobytes()


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_stays_that_tone(rate: int) -> None:
    seconds = np.arange(rate) / rate
    tone = run(rate, (0.5 * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32), [])
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    assert np.abs(tone - expected)[800:-800].max() < 2e-3


def test_full_scale_is_not_overshot() -> None:
    square = np.repeat(np.array([1, -1] * 200, np.float32), 60)
    assert np.abs(run(48_000, square, [])).max() == 1.0
