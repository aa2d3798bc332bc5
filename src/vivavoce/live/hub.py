"""Every session of this process: who may start, resume and watch, and what a start finds."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import structlog

from vivavoce.core.commands import Options, Start
from vivavoce.core.errors import (
    BadCredentials,
    Draining,
    Full,
    Gone,
    Held,
    VivavoceError,
)
from vivavoce.core.events import Numbered
from vivavoce.core.titles import title_from
from vivavoce.dialects.base import Bye, Resume
from vivavoce.journal.journal import SessionHeader
from vivavoce.library.recording import new_id
from vivavoce.live.heard import Heard
from vivavoce.live.opening import Opener
from vivavoce.live.regularly import regularly
from vivavoce.live.replicas.one_folder import OneFolder
from vivavoce.live.replicas.port import Item, Replicas
from vivavoce.live.seat import Seat
from vivavoce.live.session import LiveSession, owns, token_hash

log = structlog.get_logger()

ENDED = 256
"""Sessions that are over and may still be resumed, for their last words; the latest ones."""

DONE = 1000
"""The close code of a session that ended, and did not fail or move."""

FILES = 16
"""Files that may be transcribed at a time, beside the live sessions."""

ASTRAY_EVERY = 10.0
"""Seconds between two looks for sessions that no process has."""

LOOK = "look for sessions that no process has"

GONE = "The session {} has ended, or never was."


class Hub:
    """Call `recover` once at the start and `drain` at the end."""

    def __init__(
        self, opener: Opener, *, max_sessions: int, replicas: Replicas | None = None
    ) -> None:
        """`replicas`: the other processes; None: those on the same folder."""
        self._opener = opener
        self._replicas = replicas or OneFolder(opener.folder)
        self.tally = opener.tally
        self.max_sessions = max_sessions  # live ones; may be changed at any time
        self.heard = Heard()
        self.began: Callable[[LiveSession], None] = lambda _: None  # is told of each, at once
        self._sessions: dict[str, LiveSession] = {}
        self._ended: dict[str, LiveSession] = {}  # in order of their end
        self._starting: list[Options] = []  # admitted, and not among the sessions yet
        self._draining = False
        self._tasks: list[asyncio.Task[None]] = []  # as long as this process serves
        self._closing: set[asyncio.Task[None]] = set()  # of sessions that are over
        self._turns = count(1)

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
        try:
            await self._replicas.opened(session)
            if self._draining:  # since it was admitted
                raise Draining("The server is stopping; try again in a moment.")
        except BaseException:
            await session.cancel()
            raise
        return Seat(session, token, keeps=self._replicas.keeps)

    async def resume(self, resume: Resume, owner: str = "local") -> Seat:
        """The hold on a session again. Raises `BadCredentials`, `Gone`, `Draining`.

        To whom it does not belong it has never been.

        One that ended while the line was lost still says its last words, for its grace.
        """
        if self._draining:
            raise Draining("The server is stopping; resume in a moment.")
        turn = next(self._turns)  # of the clients: who came first may get here last
        header = await self._header(resume.session)
        if header is None or header.owner != owner:
            raise Gone(GONE.format(resume.session))
        if not owns(header, resume.token):
            raise BadCredentials(f"This is not the token of the session {resume.session}.")
        session = await self._claimed(resume.session) or self._ended.get(resume.session)
        if session is None:
            raise Gone(GONE.format(resume.session))
        seen = {"epoch": resume.epoch, "after": resume.after}
        return Seat(session, resume.token, **seen, turn=turn, keeps=self._replicas.keeps)

    async def watch(self, session: str, after: int = 0) -> AsyncIterator[Item] | None:
        """A live session's events above `after` and its interims, whatever process has it; None:
        not live. (Workers on one folder see of each other's sessions no interims.)"""
        if (live := self.running(session)) is not None:
            return live.broadcast.watch(after)
        return await self._replicas.watch(session, after, lambda: self._draining)

    async def said(self, session: str) -> list[Numbered] | None:
        """What a live session of another process has said so far; None: it is not live."""
        return await self._replicas.said(session)

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
        await self._replicas.ended(session, forget=True)

    async def sealed(self, session: str) -> None:
        """Return when a session that runs here is over and in the library; at once for others."""
        if (live := self._sessions.get(session)) is not None:
            await live.done()

    async def recover(self) -> None:
        """Take up, seal or give up every session that an earlier process left."""
        self._opener.folder.mkdir(parents=True, exist_ok=True)
        for folder in sorted(self._opener.folder.iterdir()):
            await self._recover(folder.name)
        try:
            await self._opener.give_up_lost(self._replicas.live)
        except VivavoceError as error:
            log.error("cannot look for lost sessions", reason=error.message)
        self._tasks = [
            asyncio.create_task(self._release_wanted()),
            asyncio.create_task(regularly(self._adopt_astray, ASTRAY_EVERY, LOOK)),
        ]

    async def drain(self, limit: float) -> None:
        """No new sessions; finishing ones get `limit` seconds, then all are let go of."""
        self._draining = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        finishing = [s.task for s in self._sessions.values() if s.journal.complete and s.task]
        if finishing:
            await asyncio.wait(finishing, timeout=limit)
        bye = Bye(Draining.code, Draining.close)
        sessions = list(self._sessions.values())
        for result in await asyncio.gather(
            *(self._let_go(session, bye, settle=limit) for session in sessions),
            return_exceptions=True,
        ):
            if isinstance(result, BaseException):
                log.error("cannot let a session go", reason=str(result))
        await asyncio.gather(*self._closing)

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
        if session.bye is None:
            return  # it is being let go of
        over, replicas = session.bye.close == DONE, self._replicas
        closing = replicas.ended(session.id) if over else replicas.freed(session)
        self._closing.add(task := asyncio.create_task(closing))
        task.add_done_callback(self._closing.discard)
        if over:
            self._ended[session.id] = session
            asyncio.get_running_loop().call_later(session.grace, self._ended.pop, session.id, None)
            if len(self._ended) > ENDED:
                del self._ended[next(iter(self._ended))]

    async def _recover(self, session: str) -> None:
        try:
            await self._take_up(session)
        except Held:
            pass  # another process of this server has it
        except VivavoceError as error:
            log.error("cannot take a session up", session=session, reason=error.message)

    async def _take_up(self, session: str) -> LiveSession | None:
        """Raises `Held`, and what `Opener.take_up` does; None: it is not live."""
        async with self._replicas.fetched(session) as here:
            folder = self._opener.folder / session
            live = await self._opener.take_up(folder) if here else None
            if live is None:
                await self._replicas.ended(session)
                return None
            self._begin(live)
            try:
                await self._replicas.opened(live)
            except BaseException:
                await live.release(Bye(Draining.code, Draining.close))
                raise
            return live

    async def _header(self, session: str) -> SessionHeader | None:
        """Of a live session, of whatever process; a stranger must not make that let go."""
        live = self._sessions.get(session) or self._ended.get(session)
        return live.header if live is not None else await self._replicas.header(session)

    async def _claimed(self, session: str) -> LiveSession | None:
        """A live session, asked from the process that has it where that is another.

        Raises `Held` when that process does not let go of it.
        """
        live = self._sessions.get(session)
        if live is not None:
            return live if live.bye is None else None
        if await self._replicas.header(session) is None:
            return None
        async with self._replicas.wanted(session) as attempts:
            async for _ in attempts:
                if session in self._sessions:  # another client of ours was faster
                    return self._sessions[session]
                with suppress(Held):
                    return await self._take_up(session)
        raise Held(f"Another process does not let go of the session {session}; try again.")

    async def _release_wanted(self) -> None:
        """Let other processes have the sessions they ask for: their clients are there now."""
        async for session in self._replicas.asked(lambda: self._sessions):
            if (live := self._sessions.get(session)) is not None:
                try:
                    await self._let_go(live, Bye("moved", Draining.close))
                except VivavoceError as error:
                    log.error("let go with trouble", session=session, reason=error.message)

    async def _let_go(self, session: LiveSession, bye: Bye, *, settle: float = 0) -> None:
        try:
            await session.release(bye, settle=settle)
        finally:
            await self._replicas.freed(session)

    async def _adopt_astray(self) -> None:
        """Sessions whose server is gone, and whose client as well, are ended here."""
        for session in await self._replicas.astray():
            if session not in self._sessions:
                await self._recover(session)
