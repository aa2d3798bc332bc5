"""Frames of every sample format, rate and layout."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from vivavoce.audio import frames
from vivavoce.audio.confined import Fault
from vivavoce.audio.frames import THIN, Output, mono


def frame(samples: list[list[float]], format: str, layout: str, rate: int) -> av.AudioFrame:
    """A frame of these channels, by FFmpeg's own conversion."""
    made = av.AudioFrame.from_ndarray(np.array(samples, np.float64), "dblp", layout)
    made.sample_rate, made.time_base = rate, Fraction(1, rate)
    (converted,) = av.AudioResampler(format, layout, rate).resample(made)
    return converted


@pytest.mark.parametrize(
    "format", ["u8", "u8p", "s16", "s16p", "s32", "s32p", "flt", "fltp", "dbl", "dblp"]
)
def test_every_sample_format_means_the_same(format: str) -> None:
    left, right = [0.5, -0.5, 0.25, 0.0], [0.25, -1.0, 0.25, 0.0]
    samples = mono(frame([left, right], format, "stereo", 8_000))
    assert samples.dtype == np.float32
    assert np.allclose(samples, [0.375, -0.75, 0.25, 0.0], atol=1e-6)


def test_a_change_of_rate_begins_a_new_conversion() -> None:
    out = io.BytesIO()
    output = Output(out, lambda: 1000)
    output.take(frame([[0.1] * 800], "s16", "mono", 8_000))
    output.take(frame([[0.1] * 4_800] * 2, "fltp", "stereo", 48_000))
    output.take(frame([[0.1] * 1_600], "s16", "mono", 16_000))
    output.flush()
    samples = np.frombuffer(out.getvalue(), np.float32)
    assert len(samples) == 3 * 1_600
    assert np.median(samples) == pytest.approx(0.1, abs=1e-3)
    assert output.frames == 3


@pytest.mark.parametrize("rate", [1, 1_999, 768_001])
def test_a_rate_that_cannot_be_right_is_a_fault(rate: int) -> None:
    wrong = frame([[0.0] * 10], "s16", "mono", 8_000)
    wrong.sample_rate = rate
    with pytest.raises(Fault, match=f"has {rate} samples per second"):
        Output(io.BytesIO(), lambda: 1000).take(wrong)


def test_more_sound_than_the_bytes_can_hold_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "LONG", 16_000)
    second = frame([[0.0] * 16_000], "s16", "mono", 16_000)
    believed, output = (Output(io.BytesIO(), lambda size=n * THIN: size) for n in (10, 2))  # type: ignore[misc]
    for _ in range(10):
        believed.take(second)
    for _ in range(2):
        output.take(second)
    with pytest.raises(Fault, match=f"hours in {2 * THIN} bytes"):
        output.take(second)


def test_a_rate_that_never_stays_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_CHANGES", 2)
    output = Output(io.BytesIO(), lambda: 1000)
    for rate in (8_000, 16_000):
        output.take(frame([[0.0] * 10], "s16", "mono", rate))
    with pytest.raises(Fault, match="again and again"):
        output.take(frame([[0.0] * 10], "s16", "mono", 8_000))


def test_more_channels_than_there_are_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_CHANNELS", range(1, 2))
    with pytest.raises(Fault, match="has 2 channels"):
        Output(io.BytesIO(), lambda: 1000).take(frame([[0.0]] * 2, "s16", "stereo", 8_000))
