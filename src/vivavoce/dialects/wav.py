"""A whole WAV file in memory: what its header says, and the samples after it."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

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


class Head(NamedTuple):
    """What stands before the samples."""

    tag: int
    channels: int
    rate: int
    bits: int
    size: int  # bytes up to the first sample
    samples: int  # bytes of them, as far as the file goes

    def format(self) -> AudioFormat:
        """Raises `BadAudio` for what cannot be read."""
        encoding = _ENCODINGS.get((self.tag, self.bits))
        if encoding is None:
            raise BadAudio(
                f"The WAV file has samples of {self.bits} bits in the format {self.tag}; 16-bit "
                "PCM, 32-bit floats and G.711 can be read."
            )
        if self.rate not in RATES or self.channels not in CHANNELS:
            raise BadAudio(
                f"The WAV file has {self.channels} channels at {self.rate} Hz; 1 to 32 at 8000 "
                "to 192000 Hz can be read."
            )
        return AudioFormat(encoding, self.rate, self.channels)


def read_wav(file: bytes) -> tuple[AudioFormat, bytes]:
    """The format and the samples, only whole ones. Raises `BadAudio`."""
    head = read_head(file)
    format = head.format()
    whole = head.samples // format.frame_bytes * format.frame_bytes
    return format, file[head.size : head.size + whole]


def read_head(file: bytes) -> Head:
    """Of a file, or of its beginning as far as the first sample. Raises `BadAudio`."""
    if len(file) < _HEAD.size or file[:4] != b"RIFF" or file[8:12] != b"WAVE":
        raise BadAudio("This is not a WAV file: it does not begin with RIFF and WAVE.")
    described: tuple[int, int, int, int] | None = None
    for name, at, size in _chunks(file):
        if name == b"fmt ":
            described = _described(file[at : at + size])
        elif name == b"data":
            if described is None:
                raise BadAudio("The WAV file says no format before its samples.")
            return Head(*described, at, min(size, len(file) - at))
    raise BadAudio("The WAV file has no samples.")


def _chunks(file: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each one's name, where it begins, and its size in bytes."""
    at = _HEAD.size
    while at + _CHUNK.size <= len(file):
        name, size = _CHUNK.unpack_from(file, at)
        at += _CHUNK.size
        if name == b"data" and size in _UNTIL_THE_END:
            size = len(file) - at
        yield name, at, size
        at += size + size % 2


def _described(body: bytes) -> tuple[int, int, int, int]:
    """Tag, channels, rate, bits."""
    if len(body) < _FORMAT.size:
        raise BadAudio(f"The WAV file's format has {len(body)} bytes, not {_FORMAT.size} or more.")
    tag, channels, rate, _, _, bits = _FORMAT.unpack_from(body)
    if tag == _EXTENSIBLE and len(body) >= 26:
        tag = int.from_bytes(body[24:26], "little")
    return tag, channels, rate, bits
