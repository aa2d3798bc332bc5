"""A session of this server, told to Redis: behind its back, so that it never waits for that."""

import asyncio
from contextlib import aclosing
from typing import Final

import structlog

from vivavoce.core.errors import VivavoceError
from vivavoce.core.events import Numbered
from vivavoce.journal.controls import packed
from vivavoce.live.replicas.ending import end
from vivavoce.live.replicas.redis_log import Place, RedisError, RedisLog
from vivavoce.live.session import LiveSession

log = structlog.get_logger()

PLACES_EVERY: Final = 1.0
"""Seconds between two places in the audio."""

AGAIN: Final = 1.0
"""Seconds until Redis is tried again after it failed."""

LAST_WORDS: Final = 2.0
"""Seconds that a closed session's last events may take."""


class Telling:
    """Of one session, from construction until `end`."""

    def __init__(self, log: RedisLog, session: LiveSession) -> None:
        self._log = log
        self._session = session
        self._known = session.broadcast.last  # Redis may know more, that a power cut took from us
        self._events = asyncio.create_task(self._tell_events())
        self._places = asyncio.create_task(self._tell_places())

    async def end(self) -> None:
        """After the session is closed. Whoever takes it up knows what it said then."""
        self._places.cancel()
        await asyncio.wait([self._events], timeout=LAST_WORDS)
        await self.stop()

    async def stop(self) -> None:
        """At once, whatever is still to be told."""
        await end(self._events, self._places)

    async def _tell_events(self) -> None:
        after: int | None = None
        while True:
            try:
                if after is None:
                    after = min(self._known, await self._log.last(self._session.id))
                async with aclosing(self._session.broadcast.watch(after)) as items:
                    async for item in items:
                        await self._log.say(self._session.id, item)
                        if isinstance(item, Numbered):
                            after = item.n
                return
            except RedisError as error:
                log.warning("others cannot see a session", session=self._session.id, why=str(error))
            except VivavoceError as error:  # its log cannot be read; the session says so itself
                log.warning("others cannot see a session", session=self._session.id, why=str(error))
                return
            await asyncio.sleep(AGAIN)

    async def _tell_places(self) -> None:
        journal, session = self._session.journal, self._session.id
        controls, asked, told = journal.controls(), list[bytes](), None
        begun = False
        while True:
            place = Place(journal.next_frame, journal.size)
            try:
                asked += [packed(one.at, one.command) for one in controls.until(place.bytes)]
                if asked or place != told:
                    await self._log.note(session, place, asked, anew=not begun)
                    begun, told, asked = True, place, []
            except (RedisError, VivavoceError) as error:
                log.debug("cannot tell how far a session is", session=session, why=str(error))
            await asyncio.sleep(PLACES_EVERY)
