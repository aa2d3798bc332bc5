"""Wyoming's events as they are on the wire: a line of JSON, then its data, then its payload.

    {"type": "audio-chunk", "version": "1.10.2", "data_length": 40, "payload_length": 2048}\\n
    {"rate": 16000, "width": 2, "channels": 1}<2048 bytes>

Older writers put the data into the line itself, as `data`; both are read, and merged.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

from vivavoce.core.errors import BadMessage, TooLarge

VERSION: Final = "1.10.2"
"""The release of the protocol's own library whose events these are."""

MAX_LINE: Final = 64 * 1024
MAX_DATA: Final = 1024 * 1024
"""Bytes of an event's line, and of its data. A payload has no bound: it is not held here."""

Length = Annotated[int, Meta(ge=0)]
T = TypeVar("T")


class Event(msgspec.Struct, frozen=True):
    """One event; a payload that comes in several reads makes several of them."""

    type: str
    data: dict[str, Any] = {}
    payload: bytes = b""


class _Line(msgspec.Struct, frozen=True):
    type: str
    data: dict[str, Any] | None = None
    data_length: Length | None = None
    payload_length: Length | None = None


_line = msgspec.json.Decoder(_Line)
_data: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])


class Frames:
    """Cuts a stream of bytes into events, wherever the reads cut it."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._line: _Line | None = None  # whose data is still to come
        self._event: Event | None = None  # whose payload is still to come
        self._left = 0  # bytes of it

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that are there now. Raises `BadMessage`, `TooLarge`."""
        self._buffer += data
        while (event := self._next()) is not None:
            yield event

    def _next(self) -> Event | None:
        if self._event is None and not self._headed():
            return None
        assert self._event is not None
        piece = self._take(min(self._left, len(self._buffer)))
        self._left -= len(piece)
        if self._left and not piece:
            return None
        event = msgspec.structs.replace(self._event, payload=piece)
        if not self._left:
            self._event = None
        return event

    def _headed(self) -> bool:
        """Whether the next event's line and data are there; then `_event` is it."""
        line = self._line = self._line or self._read_line()
        if line is None or len(self._buffer) < (line.data_length or 0):
            return False
        data = dict(line.data or {})
        if line.data_length:
            said = decode(_data, self._take(line.data_length), f"The data of {line.type[:64]}")
            data.update(said)
        self._event, self._left = Event(line.type, data), line.payload_length or 0
        self._line = None
        return True

    def _read_line(self) -> _Line | None:
        end = self._buffer.find(b"\n", 0, MAX_LINE)
        if end < 0:
            if len(self._buffer) >= MAX_LINE:
                raise TooLarge(f"An event's line may have {MAX_LINE} bytes at most.")
            return None
        line = decode(_line, self._take(end + 1), "The line")
        if (line.data_length or 0) > MAX_DATA:
            raise TooLarge(f"An event's data may have {MAX_DATA} bytes at most.")
        return line

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def pack(type: str, **data: Any) -> bytes:
    """An event without a payload. What is None is left out."""
    said = msgspec.json.encode({key: value for key, value in data.items() if value is not None})
    head = {"type": type, "version": VERSION}
    if said == b"{}":
        return msgspec.json.encode(head) + b"\n"
    return msgspec.json.encode({**head, "data_length": len(said)}) + b"\n" + said


def decode(decoder: msgspec.json.Decoder[T], data: bytes, name: str) -> T:
    """Raises `BadMessage` that calls the bytes `name`."""
    try:
        return decoder.decode(data)
    except RecursionError:
        raise BadMessage(f"{name} is not of an event of Wyoming: it is nested too deep.") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise BadMessage(f"{name} is not of an event of Wyoming: {_reason(error)}.") from None


def convert(event: Event, kind: type[T]) -> T:
    """An event's data as what it is to be. Raises `BadMessage`."""
    try:
        return msgspec.convert(event.data, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadMessage(f"The data of {event.type} is wrong: {_reason(error)}.") from None


def _reason(error: Exception) -> str:
    said = str(error).rstrip(".")
    return said if said.startswith("JSON") else said[:1].lower() + said[1:]
