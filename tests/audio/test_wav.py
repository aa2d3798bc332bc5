"""The header that makes raw samples a WAV."""

import io
import struct
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from vivavoce.audio.wav import wav_header
from vivavoce.core.types import AudioFormat, Encoding


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("pcm_s16le", "pcm_s16le"),
        ("pcm_f32le", "pcm_f32le"),
        ("mulaw", "pcm_mulaw"),
        ("alaw", "pcm_alaw"),
    ],
)
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_another_reader_understands_it(encoding: Encoding, codec: str, channels: int) -> None:
    format = AudioFormat(encoding, 44_100, channels)
    data = bytes(441 * format.frame_bytes)
    with av.open(io.BytesIO(wav_header(format, len(data)) + data), "r") as file:
        (stream,) = file.streams.audio
        assert stream.codec_context.name == codec
        assert (stream.rate, stream.channels) == (44_100, channels)
        assert sum(frame.samples for frame in file.decode(stream)) == 441


def test_the_standard_library_reads_s16(tmp_path: Path) -> None:
    path = tmp_path / "it.wav"
    samples = np.arange(-50, 50, dtype="<i2").tobytes()
    path.write_bytes(wav_header(AudioFormat("pcm_s16le", 16_000, 2), len(samples)) + samples)
    with wave.open(str(path)) as file:
        assert file.getparams()[:4] == (2, 2, 16_000, 50)
        assert file.readframes(50) == samples


@pytest.mark.parametrize("encoding", ["pcm_s16le", "pcm_f32le"])
def test_sizes_beyond_4_gib_are_clamped(encoding: Encoding) -> None:
    header = wav_header(AudioFormat(encoding), 5 << 30)
    assert struct.unpack("<I", header[4:8]) == (0xFFFFFFFF,)
    assert header[-8:] == b"data\xff\xff\xff\xff"
    assert len(header) == len(wav_header(AudioFormat(encoding), 0))
