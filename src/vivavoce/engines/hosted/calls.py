"""What a server and an engine's host process say to each other, over a pair of pipes.

Each message is a little-endian uint32 length and that many bytes of MessagePack. A host
answers every call with one `Answer` of the same number, in order; the host of a service's
engine says its `Answer` once, when it is loaded, and then tells when there is something.
"""

import struct
from typing import Literal

import msgspec

from vivavoce.core.errors import EngineError, EngineExpired, EngineRefused
from vivavoce.core.results import Reading, Result
from vivavoce.core.speakers import SpeakerTurn
from vivavoce.engines.base import Span, StreamOptions, Window

LENGTH = struct.Struct("<I")
LARGEST = 16 * 1024 * 1024  # bytes; a 30 s window is 1.9 MB

Fault = Literal["", "refused", "expired"]
"""What kind of error: those that a session treats in ways of their own."""

ERRORS: dict[Fault, type[EngineError]] = {
    "": EngineError,
    "refused": EngineRefused,
    "expired": EngineExpired,
}


def fault(error: EngineError) -> Fault:
    """Its name on the pipe."""
    return next((name for name, kind in ERRORS.items() if name and isinstance(error, kind)), "")


class Decode(msgspec.Struct, frozen=True, tag=True):
    """To a windowed engine."""

    window: Window


class Align(msgspec.Struct, frozen=True, tag=True):
    """To an aligner."""

    samples: bytes  # float32 little-endian mono at 16 kHz
    words: tuple[str, ...]


class LoadBetter(msgspec.Struct, frozen=True, tag=True):
    """To an engine with a better model: have it ready from now on."""


class OpenStream(msgspec.Struct, frozen=True, tag=True):
    """To a native engine, as the next three."""

    stream: int
    options: StreamOptions


class Feed(msgspec.Struct, frozen=True, tag=True):
    stream: int
    samples: bytes  # float32 little-endian mono at 16 kHz


class FlushStream(msgspec.Struct, frozen=True, tag=True):
    stream: int


class FinishStream(msgspec.Struct, frozen=True, tag=True):
    """To a service's engine, in the place of a flush."""

    stream: int


class CloseStream(msgspec.Struct, frozen=True, tag=True):
    stream: int


class OpenVoices(msgspec.Struct, frozen=True, tag=True):
    """To a diarizer, which then has `Feed`, the next, and `CloseStream`."""

    stream: int
    hasty: bool


class AskTurns(msgspec.Struct, frozen=True, tag=True):
    stream: int
    last: bool  # there are no more samples


Call = (
    Decode
    | LoadBetter
    | Align
    | OpenStream
    | Feed
    | FlushStream
    | FinishStream
    | CloseStream
    | OpenVoices
    | AskTurns
)


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """`error` is one sentence; the call failed but the host goes on."""

    reading: Reading | None = None
    results: list[Result] = []
    spans: list[Span] = []
    turns: list[SpeakerTurn] = []
    error: str | None = None
    fault: Fault = ""


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a stream of a service's engine says, unasked: its host answers no calls."""

    stream: int
    results: list[Result] = []
    done: int = 0  # calls carried out since the last time
    over: bool = False  # all is said
    error: str | None = None  # one sentence: all is said that ever will be
    fault: Fault = ""


_calls = msgspec.msgpack.Decoder(Call)
_answers = msgspec.msgpack.Decoder(Answer)
_told = msgspec.msgpack.Decoder(Told)


def pack(message: Call | Answer | Told) -> bytes:
    body = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(body)) + body


def unpack_call(body: bytes) -> Call:
    call: Call = _calls.decode(body)
    return call


def unpack_told(body: bytes) -> Told:
    return _told.decode(body)


def unpack_answer(body: bytes) -> Answer:
    return _answers.decode(body)
