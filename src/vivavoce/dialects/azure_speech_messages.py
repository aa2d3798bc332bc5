"""Azure Speech's messages: HTTP-like headers, and a body behind them.

    text:    Path:speech.context CRLF X-RequestId:... CRLF CRLF {"phraseDetection": ...}
    binary:  the length of the headers (two bytes, the higher first), the headers, the audio

Its clients differ in the case of the names and in whether a space follows the colon.
"""

import struct
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from vivavoce.core.errors import BadMessage
from vivavoce.dialects.base import Wire

MAX_MESSAGE: Final = 1 << 20
"""Bytes of the largest message: five seconds of the largest sound, where clients send a tenth."""

MAX_TEXT: Final = 1 << 18
"""Characters of the largest message without audio: a list of phrases is the longest of them."""

MAX_ID: Final = 128

_LENGTH: Final = struct.Struct(">H")
_END: Final = "\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Message:
    """What a client says. `path` names its kind, `request` the turn that it belongs to."""

    path: str
    request: str
    media: str  # the content type, in lower case
    body: bytes


def parse(wire: Wire) -> Message:
    """Raises `BadMessage` for what is not framed like this."""
    if isinstance(wire, str):
        if len(wire) > MAX_TEXT:
            raise BadMessage(f"A text message may have {MAX_TEXT} characters at most.")
        head, _, text = wire.partition(_END)
        return _message(head, text.encode(errors="replace"))
    if len(wire) < _LENGTH.size:
        raise BadMessage("A binary message is to begin with the length of its headers.")
    end = _LENGTH.size + _LENGTH.unpack_from(wire)[0]
    if end > len(wire):
        raise BadMessage(f"A binary message of {len(wire)} bytes has headers up to byte {end}.")
    return _message(wire[_LENGTH.size : end].decode(errors="replace"), wire[end:])


def _message(head: str, body: bytes) -> Message:
    headers: dict[str, str] = {}
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if not headers.get("path"):
        raise BadMessage("A message came without the header Path.")
    request = headers.get("x-requestid", "")
    if len(request) > MAX_ID:
        raise BadMessage(f"X-RequestId may have {MAX_ID} characters at most.")
    path = headers["path"].lower()
    return Message(path, request, headers.get("content-type", "").lower(), body)


def compose(path: str, request: str, body: dict[str, Any]) -> str:
    """What the server says in the turn `request`."""
    head = f"X-RequestId:{request}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}"
    return f"{head}{_END}{msgspec.json.encode(body).decode()}"
