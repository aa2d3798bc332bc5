"""The messages of OpenAI's Realtime transcription, as a client says and hears them.

Servers that call themselves compatible leave out what they like, so nothing but the type is
counted on, and what is not known is passed over.
"""

from base64 import b64encode
from typing import Any

import msgspec

from vivavoce.core.errors import BadMessage
from vivavoce.dialects.base import Wire

RATE = 24_000
"""Samples per second of the audio: mono, signed 16 bits, little-endian."""

SAMPLE = 2  # bytes

UPDATE, COMMIT, CLEAR = "vivavoce_update", "vivavoce_commit", "vivavoce_clear"
"""Our names for messages, which an `error` about one of them carries."""

LONGEST = 65_536
"""Characters of one item's text: an hour of speech or so."""


class Fault(msgspec.Struct, frozen=True):
    """What a server says is wrong."""

    message: str | None = None
    code: str | None = None
    type: str | None = None
    event_id: str | None = None  # ours, of the message that was wrong

    @property
    def kind(self) -> str:
        return self.code or self.type or "error"

    @property
    def sentence(self) -> str:
        return (self.message or self.kind)[:1000]


class Told(msgspec.Struct, frozen=True):
    """Any message of a server's; of each type some of these fields."""

    type: str
    item_id: str | None = None
    delta: str | None = None
    transcript: str | None = None
    audio_start_ms: float | None = None
    audio_end_ms: float | None = None
    error: Fault | str | None = None
    message: str | None = None  # where others have an error's

    @property
    def fault(self) -> Fault:
        if isinstance(self.error, Fault):
            return self.error
        return Fault(self.error or self.message)


_decoder = msgspec.json.Decoder(Told)


def decode(wire: Wire) -> Told:
    """Raises `BadMessage`."""
    try:
        return _decoder.decode(wire)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(
            f"The server sent what is not of OpenAI's Realtime protocol: {error}."
        ) from None


def update(model: str, language: str | None) -> str:
    """Ask for a transcription session, in which silence ends an utterance."""
    transcription = {"model": model} | ({"language": language} if language else {})
    heard = {
        "format": {"type": "audio/pcm", "rate": RATE},
        "transcription": transcription,
        "turn_detection": {"type": "server_vad"},
    }
    session = {"type": "transcription", "audio": {"input": heard}}
    return _encode({"type": "session.update", "event_id": UPDATE, "session": session})


def append(pcm: bytes) -> str:
    return _encode({"type": "input_audio_buffer.append", "audio": b64encode(pcm).decode()})


def commit() -> str:
    return _encode({"type": "input_audio_buffer.commit", "event_id": COMMIT})


def clear() -> str:
    return _encode({"type": "input_audio_buffer.clear", "event_id": CLEAR})


def _encode(message: dict[str, Any]) -> str:
    return msgspec.json.encode(message).decode()
