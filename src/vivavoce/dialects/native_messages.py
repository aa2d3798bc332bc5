"""The messages of `vivavoce.v1` as they are on the wire, in both directions.

Control is JSON text, audio is binary. The server's side (`dialects/native.py`) and the
client's (`client/protocol.py`) share this file, so they cannot drift apart.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from vivavoce.core.commands import Audio, Endpointing, Options
from vivavoce.core.errors import BadMessage, TooLarge
from vivavoce.core.events import AnyEvent, Interim
from vivavoce.core.types import AudioFormat, Brief

SUBPROTOCOL = "vivavoce.v1"
MAX_MESSAGE = 256 * 1024
"""Bytes of the largest message: a frame with its number, or JSON text."""

_NUMBER = struct.Struct(">Q")
_LENGTH = struct.Struct(">I")
MAX_PAYLOAD = MAX_MESSAGE - _NUMBER.size

Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=500)]
Names = Annotated[tuple[Name, ...], Meta(max_length=20)]
Phrase = Annotated[str, Meta(min_length=1, max_length=100)]
Secret = Annotated[str, Meta(min_length=1, max_length=256)]
Speakers = Annotated[int, Meta(ge=0, le=20)]  # 0: nobody knows how many
Days = Annotated[int, Meta(ge=0, le=36_500)]
EndpointMs = Annotated[int, Meta(ge=100, le=10_000)]
UtteranceMs = Annotated[int, Meta(ge=1000, le=30_000)]


class ClientMessage(
    msgspec.Struct,
    frozen=True,
    tag_field="type",
    tag=str.lower,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """What a client may say; anything it adds of its own is refused."""


class StartOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a client may choose of its session; from `languages` to `speakers` it is the
    `Brief`."""

    interims: bool = True
    title: Text | None = None
    endpointing: Endpointing | None = None
    endpoint_ms: EndpointMs | None = None
    max_utterance_ms: UtteranceMs | None = None
    voice_commands: bool = False
    languages: Names = ()
    hot_words: Annotated[tuple[Phrase, ...], Meta(max_length=500)] = ()
    prompt: Annotated[str, Meta(max_length=2000)] = ""
    translate_to: Names = ()
    diarization: bool = False
    speakers: Speakers = 0
    audio_days: Days | None = None
    text_days: Days | None = None

    def chosen(self, language: str | None, engine: str | None) -> Options:
        """With what the opening message says beside them."""
        return Options(
            language=language,
            engine=engine,
            interims=self.interims,
            title=self.title,
            endpointing=self.endpointing,
            endpoint_ms=self.endpoint_ms,
            max_utterance_ms=self.max_utterance_ms,
            voice_commands=self.voice_commands,
            translations_follow=True,
            brief=Brief(
                languages=self.languages,
                hot_words=self.hot_words,
                prompt=self.prompt,
                translate_to=self.translate_to,
                diarization=self.diarization or bool(self.speakers),
                speakers=self.speakers,
            ),
            audio_days=self.audio_days,
            text_days=self.text_days,
        )


class StartMessage(ClientMessage, frozen=True, tag="start"):
    format: AudioFormat
    language: Name | None = None
    engine: Name | None = None
    options: StartOptions = StartOptions()


class ResumeMessage(ClientMessage, frozen=True, tag="resume"):
    session: Name
    token: Secret
    epoch: Count
    after: Count


class FlushMessage(ClientMessage, frozen=True, tag="flush"):
    pass


class ConfigureMessage(ClientMessage, frozen=True, tag="configure"):
    language: Name | None = None
    endpoint_ms: EndpointMs | None = None
    max_utterance_ms: UtteranceMs | None = None
    title: Text | None = None
    voice_commands: bool | None = None


class MarkMessage(ClientMessage, frozen=True, tag="mark"):
    label: Text = ""
    at: Count | None = None  # samples of the one clock; not after the audio so far


class FinishMessage(ClientMessage, frozen=True, tag="finish"):
    pass


class ServerMessage(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """What a server says. A client passes over fields that it does not know."""


class ReadyMessage(ServerMessage, frozen=True, tag="ready"):
    session: str
    token: str
    epoch: int
    next_frame: int
    limits: dict[str, Any] = {}


class AckMessage(ServerMessage, frozen=True, tag="ack"):
    frame: int


class EventMessage(ServerMessage, frozen=True, tag="event"):
    n: int
    epoch: int
    event: AnyEvent


class ErrorMessage(ServerMessage, frozen=True, tag="error", omit_defaults=True):
    code: str
    message: str
    retryable: bool
    expected: int | None = None  # only with the code `gap`: the frame to send from


class ByeMessage(ServerMessage, frozen=True, tag="bye"):
    reason: str


Control = FlushMessage | ConfigureMessage | MarkMessage | FinishMessage
FromClient = StartMessage | ResumeMessage | Control
FromServer = ReadyMessage | AckMessage | EventMessage | Interim | ErrorMessage | ByeMessage

_from_client: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)
_from_server: msgspec.json.Decoder[FromServer] = msgspec.json.Decoder(FromServer)
T = TypeVar("T")


def encode(message: FromClient | FromServer) -> str:
    """The message as JSON text."""
    return msgspec.json.encode(message).decode()


def decode_from_client(text: str) -> FromClient:
    """What a client said. Raises `BadMessage`, or `TooLarge`."""
    message = _decode(_from_client, text)
    if isinstance(message, StartMessage):
        check_format(message.format)
    return message


def decode_from_server(text: str) -> FromServer:
    """What a server said. Raises `BadMessage`, or `TooLarge`."""
    return _decode(_from_server, text)


def check_format(format: AudioFormat) -> None:
    """Raises `BadMessage` for a rate or a number of channels that cannot be."""
    if format.encoding == "container":
        return
    _check_range("rate", format.rate, 8000, 192_000)
    _check_range("channels", format.channels, 1, 32)


def pack_frame(frame: Audio) -> bytes:
    """A binary message: the frame's number in 8 bytes, big-endian, then its payload."""
    return _NUMBER.pack(frame.frame) + frame.payload


def unpack_frame(data: bytes) -> Audio:
    """The frame in a binary message. Raises `BadMessage`, or `TooLarge`."""
    if len(data) > MAX_MESSAGE:
        raise TooLarge(f"A frame of {len(data)} bytes came, but {MAX_MESSAGE} are the most.")
    if len(data) < _NUMBER.size:
        raise BadMessage(
            f"A binary message of {len(data)} bytes came, but a frame begins with its number "
            f"in {_NUMBER.size} bytes."
        )
    return Audio(frame=_NUMBER.unpack_from(data)[0], payload=data[_NUMBER.size :])


def pack_batch(frames: Iterable[Audio]) -> bytes:
    """Frames as the body of one HTTP request: each binary message after its length."""
    messages = map(pack_frame, frames)
    return b"".join(_LENGTH.pack(len(message)) + message for message in messages)


def unpack_batch(body: bytes) -> Iterator[Audio]:
    """The frames in an HTTP request's body. Raises `BadMessage`, or `TooLarge`."""
    at = 0
    while at < len(body):
        start = at + _LENGTH.size
        length = _LENGTH.unpack_from(body, at)[0] if start <= len(body) else 0
        if not length or start + length > len(body):
            raise BadMessage(f"The frames break off: byte {at} of {len(body)} begins no whole one.")
        yield unpack_frame(body[start : start + length])
        at = start + length


def _decode(decoder: msgspec.json.Decoder[T], text: str) -> T:
    if len(text) > MAX_MESSAGE:
        raise TooLarge(f"A message of {len(text)} characters came, but {MAX_MESSAGE} are the most.")
    try:
        return decoder.decode(text)
    except RecursionError:
        raise BadMessage("The message is not of vivavoce.v1: it is nested too deep.") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise BadMessage(f"The message is not of vivavoce.v1: {_complaint(error)}.") from None


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise BadMessage(f"start.format.{name} must be from {least} to {most}.")


def _complaint(error: Exception) -> str:
    reason = str(error).rstrip(".")
    return reason[:1].lower() + reason[1:] if not reason.startswith("JSON") else reason
