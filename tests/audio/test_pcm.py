"""Raw samples of every encoding, cut anywhere."""

from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.audio.pcm import PcmReader, check_format, mix_down
from vivavoce.core.errors import BadAudio
from vivavoce.core.types import AudioFormat, Encoding

ENCODINGS: list[Encoding] = ["pcm_s16le", "pcm_f32le", "mulaw", "alaw"]


def test_s16_spans_minus_one_to_one() -> None:
    data = np.array([-32768, -1, 0, 1, 32767], "<i2").tobytes()
    expected = np.array([-1, -1 / 32768, 0, 1 / 32768, 32767 / 32768], np.float32)
    assert np.array_equal(PcmReader(AudioFormat("pcm_s16le")).feed(data), expected)


def test_floats_from_anywhere_become_sound() -> None:
    data = np.array([0.5, 7.0, -7.0, np.nan, np.inf, -np.inf], "<f4").tobytes()
    samples = PcmReader(AudioFormat("pcm_f32le")).feed(data)
    assert samples.tolist() == [0.5, 1.0, -1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("encoding", ["mulaw", "alaw"])
def test_telephone_codes_mean_what_ffmpeg_says(encoding: Encoding) -> None:
    codec = av.CodecContext.create(f"pcm_{encoding}", "r")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout = 8_000, "mono"
    (frame,) = codec.decode(av.Packet(bytes(range(256))))
    expected = frame.to_ndarray()[0] / np.float32(32768)
    samples = PcmReader(AudioFormat(encoding, 8_000)).feed(bytes(range(256)))
    assert np.array_equal(samples, expected)


def test_channels_are_averaged() -> None:
    data = np.array([100, 300, -100, -300, 0, 32767], "<i2").tobytes()
    samples = PcmReader(AudioFormat("pcm_s16le", channels=2)).feed(data)
    assert np.array_equal(samples, np.array([200, -200, 16383.5], np.float32) / 32768)


def test_the_mean_does_not_depend_on_how_many_samples_come_together() -> None:
    samples = np.random.default_rng(3).uniform(-1, 1, (500, 8)).astype(np.float32)
    together = mix_down(samples)
    assert np.array_equal(together, np.concatenate([mix_down(row[None]) for row in samples]))


@given(
    encoding=st.sampled_from(ENCODINGS),
    channels=st.sampled_from([1, 2, 8]),
    data=st.binary(max_size=400),
    cuts=st.lists(st.integers(0, 400), max_size=12),
)
def test_any_split_gives_the_same_samples(
    encoding: Encoding, channels: int, data: bytes, cuts: list[int]
) -> None:
    format = AudioFormat(encoding, channels=channels)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    reader = PcmReader(format)
    pieces = [reader.feed(data[a:b]) for a, b in pairwise(edges)]
    whole = PcmReader(format).feed(data)
    assert len(whole) == len(data) // format.frame_bytes
    assert np.array_equal(np.concatenate(pieces), whole)


@pytest.mark.parametrize(
    ("rate", "channels", "says"),
    [
        (7_999, 1, "7999 samples"),
        (192_001, 1, "192001"),
        (16_000, 0, "0 channels"),
        (8_000, 33, "33"),
    ],
)
def test_impossible_formats_are_refused(rate: int, channels: int, says: str) -> None:
    with pytest.raises(BadAudio, match=f"call.wav is said to have {says}"):
        check_format(AudioFormat("pcm_s16le", rate, channels), "call.wav")


def test_the_borders_of_the_formats_are_taken() -> None:
    check_format(AudioFormat("pcm_s16le", 8_000, 1), "it")
    check_format(AudioFormat("pcm_s16le", 192_000, 32), "it")
