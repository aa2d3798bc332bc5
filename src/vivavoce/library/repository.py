"""The port to what is kept in tables: recordings, their events, their transcripts.

Whoever asks says on whose behalf: a recording of another owner is not found. Only the
methods that the live part calls (`update`, `seal`, `unfinished`) know no owner, because a
session was let in under its owner already.

Every method may raise `DiskError`, which names the library.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import Final, Protocol

from vivavoce.core.events import AnyEvent, Numbered
from vivavoce.core.transcript import Transcript
from vivavoce.core.types import Use
from vivavoce.library.recording import Changes, Page, Recording

MOST: Final = 500_000
"""Events that a recording may have. A day of speech has about 100,000 before anybody edits it."""

Make = Callable[[Transcript], Sequence[AnyEvent]]
"""What somebody says of a transcript, having seen it."""


class Repository(Protocol):
    async def create(self, recording: Recording) -> None:
        """Add a recording; its owner is made known if they are new."""

    async def get(self, owner: str, recording: str) -> Recording:
        """One recording. Raises `NotFound`."""
        ...

    async def page(self, owner: str, limit: int = 50, cursor: str | None = None) -> Page:
        """At most `limit` recordings, newest first. Raises `PeerError` for a foreign cursor."""
        ...

    async def rename(self, owner: str, recording: str, title: str) -> Recording:
        """Give a recording another title. Raises `NotFound`."""
        ...

    async def update(self, recording: str, changes: Changes) -> Recording:
        """Set what `changes` names. Raises `NotFound`."""
        ...

    async def seal(
        self,
        recording: str,
        events: Sequence[Numbered],
        changes: Changes,
        uses: Sequence[Use] = (),
    ) -> Recording:
        """Keep the events of an ended session and what they fold to, all or nothing; and what
        it sent to engines, which is added to the totals too.

        The transcript is folded here, so it cannot differ from the events. `preview` and
        `duration` are taken from it unless `changes` names them; `changes.state` says how
        the session ended. A recording that is sealed already (a server may die between
        sealing and tidying up) is left as it is. Raises `NotFound`: deleted meanwhile.
        """
        ...

    async def annotate(self, owner: str, recording: str, make: Make) -> list[Numbered]:
        """Add what `make` says of an ended recording to its events, and to what they fold to:
        all or nothing, and nobody else adds any between the look and the word.

        `make` is given the transcript as it is, may be called again, and may raise: then nothing
        has happened. Raises `Held` while the session is not sealed, `NotFound`, `TooLarge` when
        the recording would have more than `MOST` events.
        """
        ...

    def events(self, owner: str, recording: str, after: int = 0) -> AsyncIterator[Numbered]:
        """The events of a sealed recording from number `after` + 1 on, in order.

        They are read in bounded pages. Raises `NotFound` at the first step.
        """
        ...

    async def transcript(self, owner: str, recording: str) -> Transcript:
        """The folded transcript; an empty one while the session is live. Raises `NotFound`."""
        ...

    async def delete(self, owner: str, recording: str) -> None:
        """Remove the recording, its events and its text. What it sent to engines stays in the
        totals, where nothing names it. Raises `NotFound`."""

    async def count(self, owner: str, day: date, uses: Sequence[Use]) -> None:
        """Add what a session that is not kept sent to engines to the totals of a day (UTC)."""

    async def usage(self, owner: str, since: date | None = None) -> list[tuple[date, Use]]:
        """What was sent to engines by sessions that have ended: by the day (UTC) on which they
        began, engine and model, in this order. Deleted recordings count, and what is not kept.
        """
        ...

    async def unfinished(self) -> list[str]:
        """Ids of the recordings that are not sealed, oldest first."""
        ...

    async def check(self) -> None:
        """Return when the library can be written."""

    async def close(self) -> None:
        """Let go of the database."""
