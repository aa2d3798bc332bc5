"""A whole WAV file in memory: what its header says, and the samples after it."""

import struct
from collections.abc import Iterator
from typing import Final

from vivavoce.core.errors import BadAudio
from vivavoce.core.types import AudioFormat, Encoding

RATES: Final = range(8000, 192_001)
CHANNELS: Final = range(1, 33)

_ENCODINGS: Final[dict[tuple[int, int], Encoding]] = {
    (1, 16): "pcm_s16le",
    (3, 32): "pcm_f32le",
    (6, 8): "alaw",
    (7, 8): "mulaw",
}
"""By the format tag and the bits of a sample."""

_EXTENSIBLE: Final = 0xFFFE
"""The tag that says: the tag comes later, in the first two bytes of a GUID."""

_HEAD: Final = struct.Struct("<4sI4s")
_CHUNK: Final = struct.Struct("<4sI")
_FORMAT: Final = struct.Struct("<HHIIHH")
_UNTIL_THE_END: Final = (0, 0xFFFFFFFF)
"""Sizes of those who began to write before they knew how much it would be."""


def read_wav(file: bytes) -> tuple[AudioFormat, bytes]:
    """The format and the samples, only whole ones. Raises `BadAudio`."""
    if len(file) < _HEAD.size or file[:4] != b"RIFF" or file[8:12] != b"WAVE":
        raise BadAudio("This is not a WAV file: it does not begin with RIFF and WAVE.")
    format: AudioFormat | None = None
    for name, body in _chunks(file):
        if name == b"fmt ":
            format = _format(body)
        elif name == b"data":
            if format is None:
                raise BadAudio("The WAV file says no format before its samples.")
            return format, body[: len(body) // format.frame_bytes * format.frame_bytes]
    raise BadAudio("The WAV file has no samples.")


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = _HEAD.size
    while at + _CHUNK.size <= len(file):
        name, size = _CHUNK.unpack_from(file, at)
        at += _CHUNK.size
        if name == b"data" and size in _UNTIL_THE_END:
            size = len(file) - at
        yield name, file[at : at + size]
        at += size + size % 2


def _format(body: bytes) -> AudioFormat:
    if len(body) < _FORMAT.size:
        raise BadAudio(f"The WAV file's format has {len(body)} bytes, not {_FORMAT.size} or more.")
    tag, channels, rate, _, _, bits = _FORMAT.unpack_from(body)
    if tag == _EXTENSIBLE and len(body) >= 26:
        tag = int.from_bytes(body[24:26], "little")
    encoding = _ENCODINGS.get((tag, bits))
    if encoding is None:
        raise BadAudio(
            f"The WAV file has samples of {bits} bits in the format {tag}; 16-bit PCM, 32-bit "
            "floats and G.711 can be read."
        )
    if rate not in RATES or channels not in CHANNELS:
        raise BadAudio(
            f"The WAV file has {channels} channels at {rate} Hz; 1 to 32 at 8000 to 192000 Hz "
            "can be read."
        )
    return AudioFormat(encoding, rate, channels)
