"""A track's frames as one stream of samples, whatever they are and whichever are missing."""

import numpy as np
import pytest
from av.audio.frame import AudioFrame

from vivavoce.audio.track import LONGEST, RATE, Track

SIZE = 960  # samples: 20 ms at 48 kHz


def frame(
    value: int,
    pts: int | None,
    *,
    format: str = "s16",
    layout: str = "stereo",
    rate: int = RATE,
    size: int = SIZE,
) -> AudioFrame:
    channels = 2 if layout == "stereo" else 1
    made = AudioFrame.from_ndarray(np.full((1, size * channels), value, "<i2"), format, layout)
    made.sample_rate, made.pts = rate, pts
    return made


def samples(pcm: bytes) -> list[int]:
    return [int(value) for value in np.frombuffer(pcm, "<i2")]


def test_both_channels_become_one() -> None:
    assert samples(Track().feed(frame(1000, 0))) == [1000] * SIZE


def test_what_is_missing_is_silence() -> None:
    track = Track()
    track.feed(frame(1, 5000))
    assert samples(track.feed(frame(2, 5000 + 3 * SIZE))) == [0] * (2 * SIZE) + [2] * SIZE
    assert samples(track.feed(frame(3, 5000 + 4 * SIZE))) == [3] * SIZE


@pytest.mark.parametrize("pts", [SIZE + LONGEST * RATE + 1, 0, None], ids=["long", "back", "none"])
def test_what_is_no_loss_is_left(pts: int | None) -> None:
    """A pause of minutes, numbers that begin again, no numbers: nothing is made up."""
    track = Track()
    track.feed(frame(1, 0))
    assert samples(track.feed(frame(2, pts))) == [2] * SIZE


def test_a_hole_counts_in_the_frames_own_samples() -> None:
    track = Track()
    telephone = {"layout": "mono", "rate": 8000, "size": 160}
    first = track.feed(frame(0, 0, **telephone))  # type: ignore[arg-type]
    second = track.feed(frame(0, 320, **telephone))  # type: ignore[arg-type]
    assert len(second) // 2 >= SIZE + SIZE - 64  # the resampler holds a few back
    assert set(samples(first) + samples(second)) == {0}


def test_what_a_frame_is_may_change() -> None:
    track = Track()
    track.feed(frame(1, 0))
    changed = track.feed(frame(7, 10 * SIZE, layout="mono"))
    assert samples(changed) == [7] * SIZE
