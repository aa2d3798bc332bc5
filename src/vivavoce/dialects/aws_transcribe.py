"""Amazon Transcribe's streaming protocol: event-stream messages both ways, over HTTP/2 or a
WebSocket.

    client:  AudioEvent*  and an empty one, or the end of its stream
    server:  TranscriptEvent*                          or an exception, which is the last message

Over HTTP/2 each of the client's messages is wrapped in another, which signs it. Signatures are
not looked at. What cannot be read ends the audio: what was heard before it is transcribed, and
then the client is told.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from vivavoce.core.commands import Audio, Finish, Start
from vivavoce.core.errors import (
    BadAudio,
    BadCredentials,
    BadMessage,
    Draining,
    EngineError,
    Forbidden,
    Full,
    Held,
    PeerError,
    Throttled,
    VivavoceError,
)
from vivavoce.core.events import Final as FinalEvent
from vivavoce.core.events import Interim, Numbered, Warning
from vivavoce.dialects.aws_transcribe_options import Asked
from vivavoce.dialects.aws_transcribe_results import Results
from vivavoce.dialects.base import Answer, Bye, Failed, Manners, Request, Wire
from vivavoce.dialects.eventstream import MAX_MESSAGE, Frames, Message, pack, unpack

FRAME: Final = 1 << 18
"""Bytes that a journal takes at a time."""

SIGNATURE: Final = ":chunk-signature"
"""The header of a message that another is wrapped in."""

PASSED_OVER: Final = "ConfigurationEvent"
"""Of call analytics, but clients may send it anywhere."""

NAMES: Final[tuple[tuple[type[VivavoceError], str, int], ...]] = (
    (BadCredentials, "UnrecognizedClientException", 403),
    (Forbidden, "AccessDeniedException", 403),
    (Held, "ConflictException", 409),
    (Throttled, "LimitExceededException", 429),
    (PeerError, "BadRequestException", 400),
    (Full, "LimitExceededException", 429),
    (Draining, "ServiceUnavailableException", 503),
    (EngineError, "ServiceUnavailableException", 503),
    (VivavoceError, "InternalFailureException", 500),
)
"""Their exception and its HTTP status for each of our errors: the first that it is one of."""


class AwsTranscribeDialect:
    """One request's translator. An empty message is the end of what the client sends."""

    manners = Manners(MAX_MESSAGE)

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._results = Results(asked)
        self._messages = Frames()
        self._frames = 0
        self._started = False
        self._ended = False  # the client's audio
        self._wrong: PeerError | None = None  # why, if not by its own will
        self._warning: Warning | None = None  # the last
        self._over = False  # the last message is said

    def greet(self) -> Sequence[Wire]:
        """Nothing: the headers of the answer were enough."""
        return ()

    def receive(self, message: Wire) -> Sequence[Request]:
        """The requests in what the bytes complete. Raises `BadMessage`, `TooLarge` where nothing
        was heard yet."""
        requests: list[Request] = []
        try:
            for request in self._requests(message):
                requests.append(request)  # noqa: PERF402 - those before an error count
        except PeerError as error:
            if not self._started:
                raise
            self._wrong = error
            requests += self._end()
        return requests

    def send(self, answer: Answer) -> Sequence[Wire]:
        result: dict[str, Any] | None = None
        match answer:
            case Interim():
                result = self._results.partial(answer)
            case Numbered(event=FinalEvent() as event):
                result = self._results.final(event)
            case Failed(error):
                return self._exception(error)
            case Bye(reason="finished"):
                return self._exception(self._wrong) if self._wrong else ()
            case Bye(reason):
                return self._exception(self._why(reason))
            case Numbered(event=Warning() as event):
                self._warning = event
        return (_event(result),) if result is not None else ()

    def _requests(self, message: Wire) -> Iterator[Request]:
        if self._ended:
            return  # what was on its way
        if isinstance(message, str):
            raise BadMessage("Text came; audio is to be binary messages of the event stream.")
        self._messages.feed(message)
        while not self._ended and (found := self._messages.next()) is not None:
            yield from self._heard(found)
        if not message and not self._ended:
            if self._messages.waiting:
                raise BadMessage("The event stream ended in the middle of a message.")
            yield from self._end()

    def _heard(self, message: Message) -> Iterator[Request]:
        if SIGNATURE in message.headers:
            message = unpack(message.payload) if message.payload else Message()
        kind = message.headers.get(":event-type", "AudioEvent")
        if kind == PASSED_OVER:
            return
        if kind != "AudioEvent" or message.headers.get(":message-type", "event") != "event":
            raise BadMessage(f"A message of type {str(kind)[:64]!r} came; an AudioEvent was due.")
        if not message.payload:
            yield from self._end()
            return
        if not self._started:
            self._started = True
            yield Start(self._asked.format, self._asked.options)
        for at in range(0, len(message.payload), FRAME):
            yield Audio(self._frames, message.payload[at : at + FRAME])
            self._frames += 1

    def _end(self) -> Iterator[Request]:
        self._ended = True
        yield Finish() if self._started else Bye("finished")

    def _why(self, reason: str) -> VivavoceError:
        """What ended the session before its time, in the words of its last warning if it was
        told of."""
        sentence = f"The session ended before all of it was transcribed: {reason}."
        if self._warning is not None and self._warning.code == reason:
            sentence = self._warning.message
        return BadAudio(sentence) if reason == BadAudio.code else Draining(sentence)

    def _exception(self, error: VivavoceError) -> Sequence[Wire]:
        if self._over:
            return ()
        self._over = True
        return (said(error),)


def exception(error: VivavoceError) -> tuple[str, int]:
    """Their name for an error, and its HTTP status."""
    return next((name, status) for kind, name, status in NAMES if isinstance(error, kind))


def said(error: VivavoceError) -> bytes:
    """The message that says an error, which is the last."""
    headers = {
        ":message-type": "exception",
        ":exception-type": exception(error)[0],
        ":content-type": "application/json",
    }
    return pack(Message(headers, msgspec.json.encode({"Message": error.message})))


def _event(result: dict[str, Any]) -> bytes:
    headers = {
        ":message-type": "event",
        ":event-type": "TranscriptEvent",
        ":content-type": "application/json",
    }
    transcript = {"Transcript": {"Results": [result]}}
    return pack(Message(headers, msgspec.json.encode(transcript)))
