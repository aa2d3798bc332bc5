"""AWS's event stream encoding: messages of named headers and a payload, each with two checksums.

Big-endian:

| bytes | field   | meaning                                  |
|-------|---------|------------------------------------------|
| 4     | total   | bytes of the whole message, all of these |
| 4     | headers | bytes of the headers                     |
| 4     | prelude | crc32 of the 8 bytes before              |
| ...   |         | headers, then the payload                |
| 4     | message | crc32 of everything before               |

A header is its name after a byte with its length, a byte for the type, and the value.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from vivavoce.core.errors import BadMessage, TooLarge

MAX_MESSAGE: Final = 1 << 20
"""Bytes of a whole message. AWS's clients send some ten thousand of audio at a time."""

Value = bool | int | bytes | str
"""A header's value. Integers of all sizes and timestamps (milliseconds) are read as int, and
written as the largest; a UUID is read as its 16 bytes."""

_PRELUDE: Final = struct.Struct(">III")
_CRC: Final = struct.Struct(">I")
_LEAST: Final = _PRELUDE.size + _CRC.size
_LENGTH: Final = struct.Struct(">H")
_LONG: Final = struct.Struct(">q")

_TRUE, _FALSE, _BYTES, _STRING, _UUID, _INT64 = 0, 1, 6, 7, 9, 5
_INTEGERS: Final = {
    2: struct.Struct(">b"),
    3: struct.Struct(">h"),
    4: struct.Struct(">i"),
    _INT64: _LONG,
    8: _LONG,  # a timestamp
}


class Message(NamedTuple):
    headers: Mapping[str, Value] = {}
    payload: bytes = b""


def pack(message: Message) -> bytes:
    """The bytes of a message. A name may have 255 bytes, a value 32,767."""
    headers = b"".join(_pack_header(name, value) for name, value in message.headers.items())
    total = _LEAST + len(headers) + len(message.payload)
    prelude = struct.pack(">II", total, len(headers))
    body = prelude + _CRC.pack(zlib.crc32(prelude)) + headers + message.payload
    return body + _CRC.pack(zlib.crc32(body))


def unpack(data: bytes) -> Message:
    """The one message that these bytes are. Raises `BadMessage`, `TooLarge`."""
    frames = Frames()
    frames.feed(data)
    message = frames.next()
    if message is None or frames.waiting:
        raise BadMessage("A message of the event stream is cut off, or more bytes follow it.")
    return message


class Frames:
    """Cuts a stream of bytes into messages, wherever the reads cut it. What is wrong stays wrong:
    after an error there is no telling where the next message begins."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def waiting(self) -> int:
        """Bytes of a message that is not there whole."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take more of the stream; `next` says what it completes."""
        self._buffer += data

    def next(self) -> Message | None:
        """The next message that is there whole. Raises `BadMessage`, `TooLarge`."""
        if len(self._buffer) < _PRELUDE.size:
            return None
        total, headers = self._prelude()
        if len(self._buffer) < total:
            return None
        data = bytes(self._buffer[:total])
        del self._buffer[:total]
        end = total - _CRC.size
        if zlib.crc32(data[:end]) != _CRC.unpack_from(data, end)[0]:
            raise BadMessage("A message of the event stream does not fit its checksum.")
        start = _PRELUDE.size + headers
        return Message(dict(_headers(data[_PRELUDE.size : start])), data[start:end])

    def _prelude(self) -> tuple[int, int]:
        """The lengths of the next message, and of its headers."""
        total, headers, crc = _PRELUDE.unpack_from(self._buffer)
        if zlib.crc32(self._buffer[: _PRELUDE.size - _CRC.size]) != crc:
            raise BadMessage("What came is no event stream: its prelude does not fit its checksum.")
        if total > MAX_MESSAGE:
            raise TooLarge(f"A message of {total} bytes began; {MAX_MESSAGE} is the most.")
        if total < _LEAST + headers:
            raise BadMessage(f"A message of {total} bytes cannot have {headers} bytes of headers.")
        return total, headers


def _pack_header(name: str, value: Value) -> bytes:
    key = name.encode()
    head = bytes([len(key)]) + key
    match value:
        case bool():
            return head + bytes([_TRUE if value else _FALSE])
        case int():
            return head + bytes([_INT64]) + _LONG.pack(value)
        case bytes():
            return head + bytes([_BYTES]) + _LENGTH.pack(len(value)) + value
        case str():
            text = value.encode()
            return head + bytes([_STRING]) + _LENGTH.pack(len(text)) + text


def _headers(data: bytes) -> Iterator[tuple[str, Value]]:
    at = 0
    try:
        while at < len(data):
            end = at + 1 + data[at]
            name = data[at + 1 : end].decode()
            kind = data[end]
            value, at = _value(data, kind, end + 1)
            yield name, value
    except (IndexError, struct.error, UnicodeDecodeError):
        raise BadMessage("A message's headers are damaged.") from None
    if at > len(data):
        raise BadMessage("A message's headers are cut off.")


def _value(data: bytes, kind: int, at: int) -> tuple[Value, int]:
    """A header's value, and where it ends, which may be beyond the data."""
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    if kind in _INTEGERS:
        size = _INTEGERS[kind]
        return size.unpack_from(data, at)[0], at + size.size
    if kind == _UUID:
        return data[at : at + 16], at + 16
    if kind not in (_BYTES, _STRING):
        raise BadMessage(f"A message has a header of type {kind}, which there is not.")
    start = at + _LENGTH.size
    end = start + _LENGTH.unpack_from(data, at)[0]
    value = data[start:end]
    return (value.decode() if kind == _STRING else value), end
