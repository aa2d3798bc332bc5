"""Everything that is known of one session when it is over."""

from dataclasses import dataclass, field

from chaos.sound import Speech
from vivavoce.core.events import Numbered


@dataclass(frozen=True)
class Audit:
    """A look into the journal at some moment."""

    acknowledged: int  # samples that the client had been told were safe, before the look
    journal: bytes  # all samples that the journal held then


@dataclass(frozen=True)
class Record:
    """One session, as its client and its server saw it. Lengths are in samples."""

    speech: Speech
    audits: tuple[Audit, ...]  # the last is of what was kept in the end
    refused: int  # acknowledged samples that a server said it did not have
    delivered: tuple[Numbered, ...]  # in the order in which they came, repetitions included
    log: tuple[Numbered, ...]  # what the library kept
    complete: bool  # the client saw the session to its end
    closed: bool  # the server did
    reason: str = ""  # with which it ended
    trouble: str = ""  # what the client could not make sense of
    watched: tuple[Numbered, ...] | None = None  # as `delivered`, to who watched; None: nobody


@dataclass
class Tape:
    """What a client keeps while it speaks."""

    acknowledged: int = 0  # frames
    refused: int = 0  # frames
    delivered: list[Numbered] = field(default_factory=list)
    lost: int = 0  # lines
    session: str = ""
    complete: bool = False
    trouble: str = ""
