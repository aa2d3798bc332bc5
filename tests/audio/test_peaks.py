"""The loudness of a recording over its length."""

import numpy as np
import pytest

from vivavoce.audio.peaks import MOST, Peaks
from vivavoce.core.types import SAMPLE_RATE


def test_the_loudest_sample_of_each_hundredth_of_a_second() -> None:
    samples = np.zeros(SAMPLE_RATE // 50, np.float32)
    samples[10] = -0.5
    samples[200] = 1.0
    peaks = Peaks()
    peaks.feed(samples)
    assert (peaks.rate, [*peaks.values]) == (100, [128, 255])


def test_silence_and_too_loud() -> None:
    peaks = Peaks()
    assert peaks.values == b""
    peaks.feed(np.array([2.0, -3.0], np.float32))
    assert [*peaks.values] == [255]


@pytest.mark.parametrize("hours", [0.5, 3])
def test_a_long_one_is_bounded_and_nothing_loud_is_lost(hours: float) -> None:
    peaks = Peaks()
    second = np.zeros(SAMPLE_RATE, np.float32)
    beep = second.copy()
    beep[8_000] = 1
    seconds = int(hours * 3600)
    for at in range(seconds):
        peaks.feed(beep if at % 600 == 300 else second)
    values = peaks.values
    assert MOST / 2 <= len(values) <= MOST
    assert len(values) == pytest.approx(seconds * peaks.rate, abs=1)
    loud = [i / peaks.rate for i, value in enumerate(values) if value == 255]
    assert loud == pytest.approx([s + 0.5 for s in range(300, seconds, 600)], abs=1 / peaks.rate)


def test_it_does_not_matter_how_samples_arrive() -> None:
    samples = np.random.default_rng(7).normal(0, 0.2, 100 * SAMPLE_RATE + 77).astype(np.float32)
    whole, pieces = Peaks(), Peaks()
    whole.feed(samples)
    for piece in np.array_split(samples, 1013):
        pieces.feed(piece)
    assert (whole.values, whole.rate) == (pieces.values, pieces.rate)
