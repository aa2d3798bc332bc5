"""HTTP/2 frames as they come in, looked at before the protocol's own machine sees them.

Two things are done here that it does not do. A GOAWAY without an error is kept from it: it
only says that the client will ask for nothing more, and AWS's JavaScript client says so as
soon as it has the answer's first line, hours before the answer's end. And frames that cost the
server work but move no data are counted, so that nobody sends them without end.
"""

from collections.abc import Callable
from typing import Final

MAX_FRAME: Final = 16_384
"""Bytes of a frame's payload; what HTTP/2 allows who did not ask for more."""

MAX_IDLE: Final = 500
"""Frames a second that move no data. A client that gives up a hundred requests at once and
measures its line with PINGs stays far below."""

HEAD: Final = 9  # bytes before the payload
DATA, RST_STREAM, SETTINGS, PING, GOAWAY = 0x0, 0x3, 0x4, 0x6, 0x7
MOVING: Final = frozenset({DATA, 0x1, 0x8})  # and HEADERS and WINDOW_UPDATE
END_STREAM: Final = 0x1


class Flood(Exception):
    """More than `MAX_IDLE` frames in a second moved no data."""


class Frames:
    """Cuts what is received into frames. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.leaving = False  # the client has said that it asks for nothing more
        self._clock = clock
        self._rest = bytearray()  # of a frame that is not whole yet
        self._since = clock()
        self._idle = 0

    def feed(self, data: bytes) -> bytes:
        """The frames that are whole now, less those that only say farewell. Raises `Flood`."""
        rest, at = self._rest, 0
        rest += data
        passed = bytearray()
        while len(rest) - at >= HEAD:
            length = int.from_bytes(rest[at : at + 3])
            if length > MAX_FRAME:  # the machine knows what is wrong with it
                passed += rest[at:]
                at = len(rest)
                break
            end = at + HEAD + length
            if end > len(rest):
                break
            kind, flags = rest[at + 3], rest[at + 4]
            if kind not in MOVING or (kind == DATA and not length and not flags & END_STREAM):
                self.spend()
            if kind == GOAWAY and length >= 8 and not any(rest[at + 13 : at + 17]):
                self.leaving = True
            else:
                passed += rest[at:end]
            at = end
        del rest[:at]
        return bytes(passed)

    def spend(self) -> None:
        """Count one that moved nothing. Raises `Flood`."""
        now = self._clock()
        if now - self._since >= 1:
            self._since, self._idle = now, 0
        self._idle += 1
        if self._idle > MAX_IDLE:
            raise Flood
