"""A packet of a sound track as it goes to the process that decodes it, and what comes back."""

import struct
from typing import BinaryIO, Final

import msgspec

_HEAD = struct.Struct("<8sqI")

ANSWER: Final = struct.Struct("<I")
"""The bytes of sound that follow."""

MOST: Final = 1 << 18
"""Bytes of sound that a packet may bring: it, and a second of silence before it."""


class Packet(msgspec.Struct, frozen=True):
    """What one packet of RTP brought, or several with the same time."""

    codec: str  # as SDP names it, in small letters; 8 at most
    timestamp: int  # on the codec's clock, since the track began
    payload: bytes

    def packed(self) -> bytes:
        head = _HEAD.pack(self.codec.encode(), self.timestamp, len(self.payload))
        return head + self.payload


def read(file: BinaryIO) -> Packet | None:
    """The next one; None at the end."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    codec, timestamp, size = _HEAD.unpack(head)
    return Packet(codec.rstrip(b"\0").decode(), timestamp, file.read(size))
