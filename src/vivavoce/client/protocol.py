"""The client's side of `vivavoce.v1`, without a socket: one session over any number of lines.

    lost --start--> opening --ready--> open --bye--> over
      ^ |              ^                |
      | +----resume----+                |
      +-------- line gone --------------+   after `Ended`, that is the end as well

The rules. Frames are kept until they are acknowledged, and sent again from where the server
says; where several servers share sessions, it says how much to keep longer. Events are numbered:
one seen already is passed over, a hole is the server's fault, and one of a newer epoch replaces
everything from its number on. One of a kind that is not known here is passed over: the server is
newer.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import get_args

import msgspec

from vivavoce.client.outbox import Outbox
from vivavoce.client.talk import GRACE, State
from vivavoce.core.errors import BadMessage, Conflict, FrameGap, Held, VivavoceError
from vivavoce.core.events import AnyEvent, Ended, Interim, Numbered
from vivavoce.dialects.base import Wire
from vivavoce.dialects.native_messages import (
    AckMessage,
    ByeMessage,
    Control,
    ErrorMessage,
    EventMessage,
    FromServer,
    ReadyMessage,
    ResumeMessage,
    StartMessage,
    decode_from_server,
    encode,
)

MORE_THAN_WORDS = frozenset({FrameGap.code, Conflict.code})
"""Codes of errors that are never made from a sentence alone."""

FOR_GOOD = frozenset({1008, 1009, 4401, 4410})
"""Close codes after which the same request would be refused again."""


class ClientProtocol:
    """One session. `bound`: the bytes of audio that are kept for sending again."""

    def __init__(self, start: StartMessage, *, bound: int) -> None:
        self.state = State.LOST
        self.ready: ReadyMessage | None = None
        self.headway = 0  # rises when the server takes what we have, or opens when we have nothing
        self.after = 0  # the number of the last event seen
        self.epoch = 0  # and its epoch
        self.outbox = Outbox(bound)
        self._start = start
        self._refusal: ErrorMessage | None = None
        self._said_bye = False
        self._ended = False

    @property
    def begun(self) -> bool:
        return self.ready is not None

    @property
    def room(self) -> bool:
        return self.outbox.room

    @property
    def grace(self) -> float:
        """Seconds for which the server says it keeps a session for its client."""
        limits = self.ready.limits if self.ready else {}
        grace = limits.get("grace", GRACE)
        return float(grace) if isinstance(grace, int | float) else GRACE

    def connected(self) -> Wire:
        """There is a line: the first message to put on it."""
        self.state = State.OPENING
        self._refusal = None
        self._said_bye = False
        if self.ready is None:
            return encode(self._start)
        return encode(
            ResumeMessage(
                session=self.ready.session,
                token=self.ready.token,
                epoch=self.epoch or self.ready.epoch,
                after=self.after,
            )
        )

    def audio(self, payload: bytes) -> None:
        self.outbox.put_audio(payload)

    def control(self, message: Control) -> None:
        self.outbox.put_control(message)

    def take(self) -> Wire | None:
        """The next message for the line; None: there is nothing to send now."""
        return self.outbox.take() if self.state is State.OPEN else None

    def receive(self, wire: Wire) -> Sequence[Numbered | Interim]:
        """What the message tells the application. Raises `BadMessage`."""
        if isinstance(wire, bytes):
            raise BadMessage("The server sent a binary message, which vivavoce.v1 does not have.")
        match _decode(wire):
            case ReadyMessage() as ready:
                self._is_ready(ready)
            case AckMessage(frame=frame):
                self._acknowledged(frame)
            case EventMessage() as message:
                if not self._is_next(message.n, message.epoch):
                    return ()
                self._ended = isinstance(message.event, Ended)
                return (Numbered(message.n, message.epoch, message.event),)
            case _Unknown() as message:
                self._is_next(message.n, message.epoch)
            case Interim() as interim:
                return (interim,)
            case ErrorMessage(code="gap", expected=int(expected)):
                self.outbox.rewind(expected)
            case ErrorMessage() as error:
                self._refusal = error
            case ByeMessage():
                self._said_bye = True
                if self._ended:
                    self.state = State.OVER
        return ()

    def disconnected(self, close: int) -> Sequence[Numbered | Interim]:
        """The line is gone, with this code. Raises the error that another line cannot mend."""
        if self._ended:
            self.state = State.OVER
        if self.state is State.OVER:
            return ()
        self.state = State.LOST
        if self._said_bye and close == Held.close:
            self.state = State.OVER
            raise Held("Another client has taken this session.")
        refused = self._refusal is not None and not self._refusal.retryable
        if self._said_bye and close == 1000 and not refused:
            self.state = State.OVER
        elif close in FOR_GOOD or refused:
            self.state = State.OVER
            raise self.error or VivavoceError(f"The server closed the session with {close}.")
        return ()

    @property
    def error(self) -> VivavoceError | None:
        """What the server said was wrong on the last line."""
        return error_from(self._refusal) if self._refusal else None

    def _is_ready(self, ready: ReadyMessage) -> None:
        # The server holds what is before this frame; that it is durable, only an `ack` says. One
        # that lacks what another acknowledged is sent what is kept of that.
        self.outbox.keep = _bytes(ready.limits.get("keep"))
        self.outbox.take_back(ready.next_frame)
        keeps = ready.next_frame < self.outbox.oldest_frame and self.outbox.keep
        self.outbox.rewind(self.outbox.oldest_frame if keeps else ready.next_frame)
        self.ready = ready
        self.headway += not self.outbox.held
        self.state = State.OPEN

    def _acknowledged(self, frame: int) -> None:
        held = self.outbox.held
        self.outbox.acknowledge(frame)
        self.headway += self.outbox.held < held

    def _is_next(self, n: int, epoch: int) -> bool:
        """Count an event; False: it was seen already. Raises `BadMessage` at a hole."""
        if epoch < self.epoch or (epoch == self.epoch and n <= self.after):
            return False
        if n > self.after + 1:
            raise BadMessage(f"Event {n} came, but event {self.after + 1} was due.")
        self.after, self.epoch = n, epoch
        return True


class _Kind(msgspec.Struct, frozen=True):
    type: str


class _Unknown(msgspec.Struct, frozen=True, tag_field="type", tag="event"):
    """An event of a kind that a newer server knows: it is counted and passed over."""

    n: int
    epoch: int
    event: _Kind


_KINDS = frozenset(str(event.__struct_config__.tag) for event in get_args(AnyEvent))
_decode_unknown = msgspec.json.Decoder(_Unknown).decode


def _bytes(limit: object) -> int:
    """A limit of `ready`; 0: there is none."""
    return limit if isinstance(limit, int) and limit > 0 else 0


def _decode(wire: str) -> FromServer | _Unknown:
    try:
        return decode_from_server(wire)
    except BadMessage:
        with suppress(msgspec.DecodeError, ValueError, RecursionError):
            if (unknown := _decode_unknown(wire)).event.type not in _KINDS:
                return unknown
        raise


def error_from(message: ErrorMessage) -> VivavoceError:
    """The error of the tree with this code; the base for one that we do not know."""
    error_class = _classes().get(message.code, VivavoceError)
    return error_class(message.message)


def _classes() -> dict[str, type[VivavoceError]]:
    found: dict[str, type[VivavoceError]] = {}
    todo = [VivavoceError]
    while todo:
        error = todo.pop()
        if error.code not in MORE_THAN_WORDS:
            found.setdefault(error.code, error)
        todo += error.__subclasses__()
    return found
