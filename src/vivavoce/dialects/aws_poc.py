"""The protocol of the AWS transcription sample: JSON text both ways, audio as base64.

    client: {"type": "audio", "payload": base64} ... {"type": "control", "action": "stop"}
    server: {"type": "transcript", "text", "is_final"} ... {"type": "saved", "s3_key"}
            {"type": "error", "message"}

Audio is 16 kHz mono, 16 bit. The session begins with its first message and ends with `stop`;
the server says where the text lies (nowhere, if nothing was said) and closes. As its own server
does, it passes over what is not JSON or of no type it knows, and hangs up on the rest.
"""

import binascii
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from vivavoce.core.commands import Audio, Finish, Start
from vivavoce.core.errors import BadMessage
from vivavoce.core.events import Final as FinalEvent
from vivavoce.core.events import Interim, Numbered, Warning
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Answer, Bye, Failed, Manners, Request, Say, Wire

MAX_MESSAGE: Final = 340_000
"""Characters; as base64 they are less than a journal takes in one frame."""


class AwsPocDialect:
    """One connection's translator. `key` is to be set before `Bye` is sent."""

    manners = Manners(MAX_MESSAGE)

    def __init__(self) -> None:
        self.key = ""  # of the stored text
        self._frames = 0
        self._opened = False
        self._stopped = False

    def greet(self) -> Sequence[Wire]:
        """Nothing: the client begins."""
        return ()

    def receive(self, message: Wire) -> Sequence[Request]:
        """Raises `BadMessage` for what their server hangs up on."""
        if isinstance(message, bytes):
            raise BadMessage("A binary message came; audio is to be base64 in JSON text.")
        if self._stopped:
            return ()
        try:
            decoded = msgspec.json.decode(message)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            return (_error(f"The message is not JSON: {error}."),)
        match decoded:
            case {"type": "audio", "payload": str(payload)}:
                return self._audio(payload)
            case {"type": "control", "action": "stop"}:
                self._stopped = True
                return (*self._start(), Finish())
            case {"type": "audio"}:
                raise BadMessage("An audio message is to have its payload, as base64.")
            case {"type": "control"}:
                return (_error("The one action of a control message is stop."),)
            case {"type": _}:
                return (_error("The type of a message is audio or control."),)
        raise BadMessage("A message is to be a JSON object with a type.")

    def send(self, answer: Answer) -> Sequence[Wire]:
        """Text as it changes and as it is final, and at the end where it lies."""
        match answer:
            case Interim():
                text, final = answer.stable + answer.tail, False
            case Numbered(event=FinalEvent() as event):
                text, final = event.text, True
            case Numbered(event=Warning() as event):
                return (_said(type="error", message=event.message),)
            case Failed():
                return (_said(type="error", message=answer.error.message),)
            case Bye(close=1000):
                return (_said(type="saved", s3_key=self.key),)
            case Bye():
                return (
                    _said(type="error", message=f"The server lets go of this: {answer.reason}."),
                )
            case _:
                return ()
        return (_said(type="transcript", text=text, is_final=final),) if text else ()

    def _audio(self, payload: str) -> Sequence[Request]:
        try:
            data = binascii.a2b_base64(payload.encode("ascii"), strict_mode=True)
        except (ValueError, UnicodeError) as error:
            raise BadMessage(f"The payload is not base64: {error}.") from None
        started = self._start()
        audio = Audio(self._frames, data)
        self._frames += 1
        return (*started, audio)

    def _start(self) -> Sequence[Request]:
        if self._opened:
            return ()
        self._opened = True
        return (Start(AudioFormat()),)


def _error(sentence: str) -> Say:
    return Say(_said(type="error", message=sentence))


def _said(**message: Any) -> str:
    return msgspec.json.encode(message).decode()
