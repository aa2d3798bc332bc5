"""What every protocol's client side has in common, without a socket."""

from collections.abc import Iterable
from enum import Enum, auto
from typing import Protocol

from vivavoce.core.errors import VivavoceError
from vivavoce.core.events import Interim, Numbered
from vivavoce.dialects.base import Wire

GRACE = 120.0
"""Seconds for which a lost server is looked for, where it says nothing else."""

Said = Iterable[Numbered | Interim]


class State(Enum):
    LOST = auto()  # no line (yet)
    OPENING = auto()
    OPEN = auto()
    OVER = auto()


class Talk(Protocol):
    """The client's side of a protocol, without a socket."""

    state: State
    headway: int  # rises when a line has been of use

    @property
    def begun(self) -> bool:
        """Whether there is, or was, a session."""

    @property
    def room(self) -> bool:
        """Whether more audio may be put."""

    @property
    def grace(self) -> float:
        """Seconds to look for a server that was lost."""

    @property
    def error(self) -> VivavoceError | None:
        """What the server said was wrong on the last line."""

    def connected(self) -> Wire:
        """There is a line: the first message to put on it."""

    def audio(self, payload: bytes) -> None:
        """Send this, now or when there is a line."""

    def take(self) -> Wire | None:
        """The next message for the line; None: there is nothing to send now."""

    def receive(self, wire: Wire) -> Said:
        """What the message tells the application. Raises `VivavoceError`."""

    def disconnected(self, close: int) -> Said:
        """The line is gone, with this code. Raises the error that another cannot mend."""
