"""The server's side of `vivavoce.v1`: the first message opens a session, the rest are for it."""

from collections.abc import Sequence

import msgspec

from vivavoce.core.commands import Command, Configure, Finish, Flush, Mark, Start
from vivavoce.core.errors import BadMessage, FrameGap, VivavoceError
from vivavoce.core.events import Interim, Numbered
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import (
    Ack,
    Answer,
    Bye,
    Failed,
    Flushed,
    Manners,
    Ready,
    Request,
    Resume,
    Wire,
)
from vivavoce.dialects.native_messages import (
    MAX_MESSAGE,
    SUBPROTOCOL,
    AckMessage,
    ByeMessage,
    ConfigureMessage,
    Control,
    ErrorMessage,
    EventMessage,
    FinishMessage,
    FlushMessage,
    FromServer,
    MarkMessage,
    ReadyMessage,
    ResumeMessage,
    StartMessage,
    decode_from_client,
    encode,
    unpack_frame,
)


class NativeDialect:
    """One connection's translator. `opened`: its session is known already (plain HTTP)."""

    manners = Manners(MAX_MESSAGE, SUBPROTOCOL, opening=30.0, resumable=True)

    def __init__(self, *, opened: bool = False) -> None:
        self._opened = opened

    def greet(self) -> Sequence[Wire]:
        """Nothing: the client begins."""
        return ()

    def receive(self, message: Wire) -> Sequence[Request]:
        """The request in one wire message. Raises `BadMessage`, or `TooLarge`."""
        if isinstance(message, bytes):
            audio = unpack_frame(message)
            self._require_opened("A frame")
            return (audio,)
        match decode_from_client(message):
            case StartMessage() as start:
                self._open("start")
                return (_start(start),)
            case ResumeMessage() as resume:
                self._open("resume")
                return (Resume(resume.session, resume.token, resume.epoch, resume.after),)
            case control:
                self._require_opened(f"A {type(control).__struct_config__.tag}")
                return (_command(control),)

    def send(self, answer: Answer) -> Sequence[Wire]:
        """The one wire message that says this; of a flush its finals say enough."""
        return () if isinstance(answer, Flushed) else (encode(_message(answer)),)

    def _open(self, name: str) -> None:
        if self._opened:
            raise BadMessage(f"A second opening message ({name}) came on the same connection.")
        self._opened = True

    def _require_opened(self, what: str) -> None:
        if not self._opened:
            raise BadMessage(f"{what} came before start or resume.")


def error_message(error: VivavoceError) -> ErrorMessage:
    """How an error is told to a client."""
    expected = error.expected if isinstance(error, FrameGap) else None
    return ErrorMessage(
        code=error.code, message=error.message, retryable=error.retryable, expected=expected
    )


def _start(message: StartMessage) -> Start:
    options = message.options.chosen(message.language, message.engine)
    # A container says its own rate and channels; whatever the client put there is dropped.
    container = message.format.encoding == "container"
    return Start(AudioFormat("container") if container else message.format, options)


def _command(message: Control) -> Command:
    match message:
        case FlushMessage():
            return Flush()
        case ConfigureMessage():
            return Configure(**msgspec.structs.asdict(message))
        case MarkMessage():
            return Mark(message.label, message.at)
        case FinishMessage():
            return Finish()


def _message(answer: Ready | Ack | Numbered | Interim | Failed | Bye) -> FromServer:
    match answer:
        case Ready():
            return ReadyMessage(
                session=answer.session,
                token=answer.token,
                epoch=answer.epoch,
                next_frame=answer.next_frame,
                limits=answer.limits,
            )
        case Ack():
            return AckMessage(frame=answer.frame)
        case Numbered():
            return EventMessage(n=answer.n, epoch=answer.epoch, event=answer.event)
        case Interim():
            return answer
        case Failed():
            return error_message(answer.error)
        case Bye():
            return ByeMessage(reason=answer.reason)
