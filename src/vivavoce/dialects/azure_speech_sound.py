"""A turn's audio: a WAV header in its first message and samples in those that follow, or a
container (Ogg, WebM, MP3 and the like) in pieces."""

from collections.abc import Iterator
from typing import Final

from vivavoce.core.errors import BadAudio
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.wav import Head, read_head
from vivavoce.dialects.wyoming import two_bytes

FRAME: Final = 1 << 17
"""Bytes of one of our frames at most; a message may be longer."""

WIDTHS: Final = (8, 16, 24, 32)
"""Bits of a sample of integers."""

_INTEGERS: Final = 1
"""The format's tag in a WAV file."""


class Sound:
    """Made of a turn's first message with audio. Raises `BadAudio`."""

    def __init__(self, media: str, body: bytes) -> None:
        self._width = 2  # bytes of a sample, where they are integers
        self._rest = b""  # of a sample that is not whole
        self._bytes = 0
        self._rate = 0  # bytes per second; 0: nobody knows
        self.format = AudioFormat("container")
        self._first = body
        if body[:4] == b"RIFF":
            head = read_head(body)
            self._first = body[head.size :]
            self._rate = head.rate * head.channels * head.bits // 8
            self.format = self._of(head)
        elif media.endswith(("wav", "pcm")):
            raise BadAudio(f"The first audio, which is said to be {media}, has no WAV header.")

    @property
    def milliseconds(self) -> int | None:
        """How long it is so far, a part of one counted as one; None: nobody knows."""
        return -(-self._bytes * 1000 // self._rate) if self._rate else None

    def first(self) -> Iterator[bytes]:
        """The frames in the message that this was made of, behind the header."""
        return self.frames(self._first)

    def frames(self, body: bytes) -> Iterator[bytes]:
        """Those in a message."""
        self._bytes += len(body)
        if self._width != 2:
            body = self._rest + body
            whole = len(body) - len(body) % self._width
            self._rest, body = body[whole:], two_bytes(body[:whole], self._width)
        for at in range(0, len(body), FRAME):
            yield body[at : at + FRAME]

    def _of(self, head: Head) -> AudioFormat:
        if head.tag == _INTEGERS and head.bits in WIDTHS:
            self._width = head.bits // 8
            head = head._replace(bits=16)
        return head.format()
