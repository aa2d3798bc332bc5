"""What people, and machines that read it again, say of a recording: while it goes on and after.

Of a live session it goes into that session's own log, between two of its events; of an ended
one into the library. Nothing is said while a session that has ended is on its way there: who
comes then waits until it has arrived. So every annotation is in the one or in the other, and
one that was answered is on the disk.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from vivavoce.core.errors import Draining, Gone, Held, NotFound, TooLarge
from vivavoce.core.events import Edited, Numbered
from vivavoce.journal.bell import Bell
from vivavoce.library.repository import MOST, Make, Repository
from vivavoce.live.hub import Hub
from vivavoce.live.news import News, NoNews
from vivavoce.live.redacting import Redactor, annotation
from vivavoce.live.session import LiveSession

LOOK_EVERY: Final = 0.25  # seconds
LOOKS: Final = 20
"""Looks at a recording that is on its way: between two processes, or into the library."""

SEALING: Final = 20.0
"""Seconds: hours of audio are copied, and a full disk may keep it waiting."""

ELSEWHERE: Final = 5.0
"""Seconds between two looks for what other processes have said of a recording."""


class Annotations:
    """Every recording's. `close` lets go of who follows."""

    def __init__(
        self,
        hub: Hub,
        repository: Repository,
        news: News | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        """`redactor` knows what is not to be kept, whoever says it."""
        self._hub = hub
        self._redactor = redactor
        self._repository = repository
        self._news = news or NoNews()
        self._followed: dict[str, _Followed] = {}
        self._closed = False

    async def add(self, owner: str, recording: str, make: Make) -> list[Numbered]:
        """Say what `make` says of the transcript as it is; on the disk when this returns.

        `make` gets the transcript under the recording's lock: no event comes between what it
        sees and what it says. It may be called more than once and may raise; then nothing was
        said. Raises `NotFound`, `Held` (another process of this server has the session),
        `Draining`, `DiskError`, `TooLarge`.
        """
        make = self._redacted(make)
        for look in range(LOOKS):
            if look:
                await asyncio.sleep(LOOK_EVERY)
            session = self._hub.running(recording)
            if session is not None and session.header.owner != owner:
                raise NotFound(f"There is no recording {recording}.")
            if session is not None and session.broadcast.ended:
                await _arrived(session)
            elif session is not None:
                with suppress(Gone):  # it is let go of
                    said = await _live(session, make)
                    return self._told(owner, recording, said)
            with suppress(Held):
                said = await self._repository.annotate(owner, recording, make)
                return self._told(owner, recording, said)
        if self._hub.draining:
            raise Draining("The server is stopping; try again in a moment.")
        raise Held(f"Another process of this server has the session {recording}; try again.")

    async def more(self, owner: str, recording: str, after: int) -> AsyncGenerator[Numbered, None]:
        """The events of an ended recording above `after`, as they are said; without an end but
        that of the server. Raises `NotFound`: also when it is deleted meanwhile."""
        with self._following(recording) as followed:
            looking = False
            while not self._closed:
                rung = followed.bell.next()
                try:
                    async for numbered in self._repository.events(owner, recording, after):
                        if looking:
                            followed.bell.ring()
                            looking = False
                        yield numbered
                        after = numbered.n
                except NotFound:
                    followed.bell.ring()
                    raise
                looking = await followed.rung_or_turn(rung)

    def close(self) -> None:
        """The server stops: nobody follows any more."""
        self._closed = True
        for followed in self._followed.values():
            followed.bell.ring()

    def _redacted(self, make: Make) -> Make:
        if (redactor := self._redactor) is None:
            return make
        return lambda transcript: [annotation(redactor, event) for event in make(transcript)]

    def _told(self, owner: str, recording: str, said: list[Numbered]) -> list[Numbered]:
        if (followed := self._followed.get(recording)) is not None and said:
            followed.bell.ring()
        if any(isinstance(numbered.event, Edited) for numbered in said):
            self._news.mention(owner, "recording.edited", recording)
        return said

    @contextmanager
    def _following(self, recording: str) -> "Iterator[_Followed]":
        followed = self._followed.setdefault(recording, _Followed())
        followed.followers += 1
        try:
            yield followed
        finally:
            followed.followers -= 1
            if not followed.followers:
                del self._followed[recording]


class _Followed:
    """An ended recording that somebody follows."""

    def __init__(self) -> None:
        self.bell = Bell()  # rings when there is something new
        self.followers = 0
        self._looked = asyncio.get_running_loop().time()  # when one of them last looked

    async def rung_or_turn(self, rung: asyncio.Event) -> bool:
        """Wait for the ring; True: it is this follower's turn to look for what other processes
        have said, for all that follow here."""
        clock = asyncio.get_running_loop().time
        while not rung.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._looked + ELSEWHERE):
                    await rung.wait()
            if not rung.is_set() and clock() >= self._looked + ELSEWHERE:
                self._looked = clock()
                return True
        return False


async def _arrived(session: LiveSession) -> None:
    """Return when an ended session is in the library. Raises `Held` when that takes long."""
    try:
        async with asyncio.timeout(SEALING):
            await session.done()
    except TimeoutError:
        raise Held(f"The recording {session.id} is being put away; try again.") from None


async def _live(session: LiveSession, make: Make) -> list[Numbered]:
    """Into the log: from the look to the word nothing is awaited, so nothing comes between.

    Raises `Gone` when the log is closed, `DiskError`: what was said of it may be lost.
    """
    log = session.broadcast
    events = make(log.transcript())
    if log.last + len(events) > MOST:
        raise TooLarge(f"The recording {session.id} has {log.last} events; it may have {MOST}.")
    said = [log.say(event) for event in events]
    if said:
        await log.durable(said[-1].n)
    return said
