"""The header that makes a file of raw samples a playable WAV."""

import struct

from vivavoce.core.types import BYTES_PER_SAMPLE, AudioFormat

_TAGS = {"pcm_s16le": 1, "pcm_f32le": 3, "alaw": 6, "mulaw": 7}
_MOST = 0xFFFFFFFF  # what streaming writers put where the size does not fit


def wav_header(format: AudioFormat, data_bytes: int) -> bytes:
    """The bytes to put before `data_bytes` bytes of samples, for any format but `container`.

    Sizes beyond 4 GiB are given as 0xFFFFFFFF, which players read as "to the end".
    """
    encoding, channels, rate = format.encoding, format.channels, format.rate
    width = BYTES_PER_SAMPLE[encoding]
    fmt = struct.pack(
        "<HHIIHH",
        _TAGS[encoding],
        channels,
        rate,
        rate * channels * width,
        channels * width,
        8 * width,
    )
    chunks = _chunk(b"fmt ", fmt)
    if encoding != "pcm_s16le":  # the others must say that no extension follows, and how long
        frames = min(data_bytes // format.frame_bytes, _MOST)
        chunks = _chunk(b"fmt ", fmt + b"\0\0") + _chunk(b"fact", struct.pack("<I", frames))
    riff = min(4 + len(chunks) + 8 + data_bytes, _MOST)
    data = struct.pack("<4sI", b"data", min(data_bytes, _MOST))
    return struct.pack("<4sI4s", b"RIFF", riff, b"WAVE") + chunks + data


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body
