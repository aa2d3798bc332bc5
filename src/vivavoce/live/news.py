"""The port by which a server says what has happened, for those outside who want to be told.

`mention` is for whoever must not wait, as the path of a live word; `tell` for whoever goes on
only when it is certain that it will be told.
"""

from typing import Any, Final, Literal, Protocol

Kind = Literal[
    "recording.started",
    "recording.finished",
    "recording.edited",
    "summary.made",
    "command.spoken",
]

KINDS: Final[tuple[Kind, ...]] = (
    "recording.started",
    "recording.finished",
    "recording.edited",
    "summary.made",
    "command.spoken",
)


class News(Protocol):
    """`data` is JSON that goes out beside the recording: no words of what was said, no secrets."""

    async def tell(self, owner: str, kind: Kind, recording: str, **data: Any) -> None:
        """On return it is kept, and will be told. The end of a recording is told once, however
        often this is called. Raises `DiskError`."""

    def mention(self, owner: str, kind: Kind, recording: str, **data: Any) -> None:
        """The same a moment later, without a promise: what a full disk or a crash in that
        moment takes is not told."""


class NoNews:
    """For a server, or a test, that nobody listens to."""

    async def tell(self, owner: str, kind: Kind, recording: str, **data: Any) -> None:
        """Nobody is there."""

    def mention(self, owner: str, kind: Kind, recording: str, **data: Any) -> None:
        """Nobody is there."""
