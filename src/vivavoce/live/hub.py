"""Every session of this process: who may start, resume and watch, and what a start finds."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from vivavoce.core.commands import Options, Start
from vivavoce.core.errors import (
    BadCredentials,
    Draining,
    Full,
    Gone,
    Held,
    NotFound,
    VivavoceError,
)
from vivavoce.core.events import Interim, Numbered
from vivavoce.core.titles import title_from
from vivavoce.dialects.base import Bye, Resume
from vivavoce.journal.journal import SessionHeader, read_header
from vivavoce.library.recording import is_id, new_id
from vivavoce.live.elsewhere import RELEASE_EVERY, asked_for, tail, wanted
from vivavoce.live.heard import Heard
from vivavoce.live.opening import Opener
from vivavoce.live.seat import Seat
from vivavoce.live.session import LiveSession, owns, token_hash

log = structlog.get_logger()

ENDED = 256
"""Sessions that are over and may still be resumed, for their last words; the latest ones."""

DONE = 1000
"""The close code of a session that ended, and did not fail or move."""

FILES = 16
"""Files that may be transcribed at a time, beside the live sessions."""

GONE = "The session {} has ended, or never was."


class Hub:
    """Call `recover` once at the start and `drain` at the end."""

    def __init__(self, opener: Opener, *, max_sessions: int) -> None:
        self._opener = opener
        self.tally = opener.tally
        self.max_sessions = max_sessions  # live ones; may be changed at any time
        self.heard = Heard()
        self.began: Callable[[LiveSession], None] = lambda _: None  # is told of each, at once
        self._sessions: dict[str, LiveSession] = {}
        self._ended: dict[str, LiveSession] = {}  # in order of their end
        self._starting: list[Options] = []  # admitted, and not among the sessions yet
        self._draining = False
        self._releasing: asyncio.Task[None] | None = None

    @property
    def draining(self) -> bool:
        """Whether the server is stopping."""
        return self._draining

    @property
    def sessions(self) -> int:
        """How many run, files included."""
        return len(self._sessions) + len(self._starting)

    async def start(
        self, start: Start, owner: str = "local", *, media: str | None = None, kept: bool = True
    ) -> Seat:
        """A new session and the hold on it.

        Raises `Full`, `Draining`, `EngineError`, `DiskError`, `BadMessage` (no such engine,
        a language it does not know), `QuotaSpent`.
        """
        await self._opener.allowance.check(owner)
        self._admit(start.options)
        token = secrets.token_urlsafe(24)
        header = SessionHeader(
            session=new_id(),
            owner=owner,
            token_sha256=token_hash(token),
            format=start.format,
            options=replace(start.options, title=title_from(start.options.title)),
            created_at=datetime.now(UTC),
            media=media,
            kept=kept,
        )
        self._starting.append(start.options)
        try:
            session = await self._opener.new(header)
        finally:
            self._starting.remove(start.options)
        self._begin(session)
        if self._draining:  # since it was admitted
            await session.cancel()
            raise Draining("The server is stopping; try again in a moment.")
        return Seat(session, token)

    async def resume(self, resume: Resume, owner: str = "local") -> Seat:
        """The hold on a session again. Raises `BadCredentials`, `Gone`, `Draining`.

        To whom it does not belong it has never been.

        One that ended while the line was lost still says its last words, for its grace.
        """
        if self._draining:
            raise Draining("The server is stopping; resume in a moment.")
        header = await self._header(resume.session)
        if header is None or header.owner != owner:
            raise Gone(GONE.format(resume.session))
        if not owns(header, resume.token):
            raise BadCredentials(f"This is not the token of the session {resume.session}.")
        session = await self._claimed(resume.session) or self._ended.get(resume.session)
        if session is None:
            raise Gone(GONE.format(resume.session))
        return Seat(session, resume.token, epoch=resume.epoch, after=resume.after)

    def watch(self, session: str, after: int = 0) -> AsyncIterator[Numbered | Interim] | None:
        """A live session's events above `after` and its interims; None: not live.

        Of a session in another process of this server only the events can be seen.
        """
        if (live := self.running(session)) is not None:
            return live.broadcast.watch(after)
        folder = self._folder(session)
        return None if folder is None else tail(folder, after, lambda: self._draining)

    def running(self, session: str) -> LiveSession | None:
        """A session of this process that is not over."""
        live = self._sessions.get(session)
        return live if live is not None and live.bye is None else None

    def live_sessions(self) -> list[LiveSession]:
        """Those of this process in which somebody speaks, the oldest first."""
        return [live for live in self._sessions.values() if live.live and live.bye is None]

    @property
    def files(self) -> int:
        """How many files of this process are transcribed."""
        return sum(not session.live for session in self._sessions.values())

    async def cancel(self, session: str) -> None:
        """End a live session that is to be deleted, and wait until nothing of it runs."""
        self._ended.pop(session, None)
        try:
            live = await self._claimed(session)
        except Held:
            raise
        except VivavoceError as error:  # it is damaged, or its engine is no more
            log.warning("deleted unopened", session=session, reason=error.message)
            await self._opener.discard(self._opener.folder / session)
        else:
            if live is not None:
                await live.discard()
                self._ended.pop(session, None)

    async def sealed(self, session: str) -> None:
        """Return when a session that runs here is over and in the library; at once for others."""
        if (live := self._sessions.get(session)) is not None:
            await live.done()

    async def recover(self) -> None:
        """Take up, seal or give up every session that an earlier process left."""
        self._opener.folder.mkdir(parents=True, exist_ok=True)
        for folder in sorted(self._opener.folder.iterdir()):
            try:
                await self._take_up(folder)
            except Held:
                continue  # another process of this server has it
            except VivavoceError as error:
                log.error("cannot take a session up", session=folder.name, reason=error.message)
        try:
            await self._opener.give_up_lost()
        except VivavoceError as error:
            log.error("cannot look for lost sessions", reason=error.message)
        self._releasing = asyncio.create_task(self._release_wanted())

    async def drain(self, limit: float) -> None:
        """No new sessions; finishing ones get `limit` seconds, then all are let go of."""
        self._draining = True
        if self._releasing is not None:
            self._releasing.cancel()
        finishing = [s.task for s in self._sessions.values() if s.journal.complete and s.task]
        if finishing:
            await asyncio.wait(finishing, timeout=limit)
        bye = Bye(Draining.code, Draining.close)
        sessions = list(self._sessions.values())
        for result in await asyncio.gather(
            *(session.release(bye, settle=limit) for session in sessions), return_exceptions=True
        ):
            if isinstance(result, BaseException):
                log.error("cannot let a session go", reason=str(result))

    def _admit(self, options: Options) -> None:
        if self._draining:
            raise Draining("The server is stopping; try again in a moment.")
        others = [*self._starting, *(s.header.options for s in self._sessions.values())]
        alike = sum(other.interims == options.interims for other in others)
        if alike >= (self.max_sessions if options.interims else FILES):
            kind = "live sessions" if options.interims else "files being transcribed"
            raise Full(f"This server has as many {kind} as it can serve ({alike}); try later.")

    def _begin(self, session: LiveSession) -> None:
        self._sessions[session.id] = session
        self.began(session)
        session.begin().add_done_callback(lambda _: self._finished(session))

    def _finished(self, session: LiveSession) -> None:
        self._sessions.pop(session.id, None)
        if session.bye is not None and session.bye.close == DONE:
            self._ended[session.id] = session
            asyncio.get_running_loop().call_later(session.grace, self._ended.pop, session.id, None)
            if len(self._ended) > ENDED:
                del self._ended[next(iter(self._ended))]

    async def _take_up(self, folder: Path) -> LiveSession | None:
        session = await self._opener.take_up(folder)
        if session is not None:
            self._begin(session)
        return session

    async def _header(self, session: str) -> SessionHeader | None:
        """Of a live session, of whatever process; a stranger must not make that let go."""
        live = self._sessions.get(session) or self._ended.get(session)
        if live is not None:
            return live.header
        if (folder := self._folder(session)) is not None:
            with suppress(NotFound):
                return await asyncio.to_thread(read_header, folder)
        return None

    def _folder(self, session: str) -> Path | None:
        """Where a live session of whatever process is journalled."""
        folder = self._opener.folder / session
        return folder if is_id(session) and folder.is_dir() else None

    async def _claimed(self, session: str) -> LiveSession | None:
        """A live session, asked from the process that has it where that is another.

        Raises `Held` when that process does not let go of it.
        """
        live = self._sessions.get(session)
        if live is not None:
            return live if live.bye is None else None
        folder = self._folder(session)
        if folder is None:
            return None
        async with wanted(folder) as attempts:
            async for _ in attempts:
                if session in self._sessions:  # another client of ours was faster
                    return self._sessions[session]
                with suppress(Held):
                    return await self._take_up(folder)
        raise Held(f"Another process does not let go of the session {session}; try again.")

    async def _release_wanted(self) -> None:
        """Let other processes have the sessions they ask for: their clients are there now."""
        while True:
            await asyncio.sleep(RELEASE_EVERY)
            for asked in asked_for(self._opener.folder):
                if (session := self._sessions.get(asked)) is not None:
                    try:
                        await session.release(Bye("moved", Draining.close))
                    except VivavoceError as error:
                        log.error("let go with trouble", session=session.id, reason=error.message)
