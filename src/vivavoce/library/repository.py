"""The port to what is kept in tables: recordings, their events, their transcripts.

Whoever asks says on whose behalf: a recording of another owner is not found. Only the
methods that the live part calls (`update`, `seal`, `unfinished`) know no owner, because a
session was let in under its owner already.

Every method may raise `DiskError`, which names the library.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime
from typing import Final, Protocol

from vivavoce.core.events import AnyEvent, Numbered
from vivavoce.core.transcript import Transcript
from vivavoce.core.types import Use
from vivavoce.library.found import Hits, Wanted
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

    async def page(
        self,
        owner: str,
        limit: int = 50,
        cursor: str | None = None,
        wanted: Wanted = ...,
    ) -> Page:
        """At most `limit` of the recordings that are wanted (by default those that are not in
        the bin), newest first. Raises `PeerError` for a foreign cursor."""
        ...

    async def search(
        self, owner: str, query: str, limit: int = 20, cursor: str | None = None
    ) -> Hits:
        """At most `limit` utterances of ended recordings that have all that is asked for, those
        in recordings that were kept last first, within a recording as they were said.

        Words are compared without case and accents, what is in quotes as it stands there, and
        the last word may go on. Any text is a query. What is in the bin is not found. Raises
        `PeerError` for a foreign cursor.
        """
        ...

    async def tags(self, owner: str) -> list[tuple[str, int]]:
        """The 500 most used tags in alphabetical order, and how many recordings have each."""
        ...

    async def retag(self, owner: str, recording: str, wanted: Sequence[str]) -> Recording:
        """Give a recording these tags and no others. Raises `NotFound`."""
        ...

    async def bin(self, owner: str, recording: str, at: datetime | None) -> Recording:
        """Put a recording into the bin, at that time, or take it out (None). Raises `NotFound`."""
        ...

    async def binned(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """Owner and id of recordings that have been in the bin since `before` or longer, the
        longest first."""
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

    async def delete(self, owner: str, recording: str, tidy: bool = True) -> None:
        """Remove the recording, its events and its text. What it sent to engines stays in the
        totals, where nothing names it. Raises `NotFound`.

        `tidy` False: another follows at once, and its deletion will overwrite what the search
        still holds of this one's words.
        """

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
