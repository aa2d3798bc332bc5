"""The dialect port: wire messages in, commands out; events in, wire messages out.

A dialect is pure: no sockets, no clock. `server/connection.py` carries its messages, `live/hub.py`
carries out its commands. One object serves one connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from vivavoce.core.commands import Command
from vivavoce.core.errors import VivavoceError
from vivavoce.core.events import Interim, Numbered

Wire = str | bytes


@dataclass(frozen=True, slots=True)
class Resume:
    """Take up a session again. `after` is the number of the last event seen."""

    session: str
    token: str
    epoch: int
    after: int


@dataclass(frozen=True, slots=True)
class Say:
    """Nothing for the session: send this back."""

    message: Wire


@dataclass(frozen=True, slots=True)
class Ready:
    """The session is open (again); send frames from `next_frame`."""

    session: str
    token: str
    epoch: int
    next_frame: int
    limits: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ack:
    """Every frame up to this number is durable."""

    frame: int


@dataclass(frozen=True, slots=True)
class Flushed:
    """All that was said before the session's `count`-th flush is final, and was answered."""

    count: int


@dataclass(frozen=True, slots=True)
class Failed:
    error: VivavoceError


@dataclass(frozen=True, slots=True)
class Bye:
    """The last message of a session; the connection closes with `close`, unless it repeats and
    the session finished: of another end a client may not hear otherwise."""

    reason: str
    close: int = 1000


Request = Command | Resume | Say | Bye
"""What a client wants. `Bye`, before a session: nothing, so the line ends."""

Answer = Ready | Ack | Numbered | Interim | Flushed | Failed | Bye


@dataclass(frozen=True, slots=True)
class Manners:
    """What a protocol does with its connections; the rest is in its messages."""

    max_message: int  # bytes; a larger one is refused with 1009
    subprotocol: str | None = None  # of the WebSocket
    opening: float | None = 600.0  # seconds that a client has for its next session's request
    resumable: bool = False  # a session whose line is lost waits for its client; else it finishes
    repeats: bool = False  # one session may follow another on the same line
    kept: bool = True  # its sessions become recordings


class Dialect(Protocol):
    """One connection's translator."""

    manners: Manners

    def greet(self) -> Sequence[Wire]:
        """What is said before the client has said anything."""
        ...

    def receive(self, message: Wire) -> Sequence[Request]:
        """The requests in one wire message, in order.

        What the protocol answers and goes on after is a `Say`. Raises `PeerError` for what
        ends the connection.
        """
        ...

    def send(self, answer: Answer) -> Sequence[Wire]:
        """The wire messages that say this; none where the protocol has no word for it."""
        ...
