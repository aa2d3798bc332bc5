"""What is looked for in the library, and what is found."""

from datetime import datetime

import msgspec


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which recordings a list is to have."""

    tag: str | None = None
    q: str = ""  # in the title, a tag or the text; empty: all
    deleted: bool = False  # those in the bin, and no others


class Piece(msgspec.Struct, frozen=True):
    """A part of a snippet. `hit`: it is what was asked for."""

    text: str
    hit: bool


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """An utterance in which all that was asked for was said. Times are in seconds."""

    recording: str
    title: str
    created_at: datetime  # of the recording
    utterance: str
    start: float
    end: float
    at: float  # where the first word that was asked for begins
    snippet: tuple[Piece, ...]


class Hits(msgspec.Struct, frozen=True):
    """Some of what was found. `next` is the cursor of those after, None with the last."""

    items: tuple[Hit, ...]
    next: str | None
