"""Every session of this process: who may start, resume and watch, and what a start finds."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
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
from vivavoce.core.events import Ended, Final, Interim, Numbered
from vivavoce.core.session import Session
from vivavoce.dialects.base import Bye, Resume
from vivavoce.engines.base import StreamOptions
from vivavoce.library.recording import Recording, new_id
from vivavoce.library.repository import Repository
from vivavoce.live.broadcast import Broadcast
from vivavoce.live.commit import Committer
from vivavoce.live.engines import Engines
from vivavoce.live.eventlog import EventLog
from vivavoce.live.journal import Journal, SessionHeader
from vivavoce.live.runner import Runner
from vivavoce.live.seal import Sealer
from vivavoce.live.seat import Seat
from vivavoce.live.session import LiveSession, token_hash
from vivavoce.live.streams import check_language, open_stream, stream_options

log = structlog.get_logger()

FILES = 16
"""Files that may be transcribed at a time, beside the live sessions."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a hub grants."""

    grace: float  # seconds that a lost client has to come back
    sessions: int  # live ones at a time


class Hub:
    """Call `recover` once at the start and `drain` at the end."""

    def __init__(
        self,
        folder: Path,
        engines: Engines,
        repository: Repository,
        sealer: Sealer,
        committer: Committer,
        defaults: StreamOptions,
        limits: Limits,
    ) -> None:
        """`folder` is where live sessions are journalled."""
        self.limits = limits
        self._folder = folder
        self._engines = engines
        self._repository = repository
        self._sealer = sealer
        self._committer = committer
        self._defaults = defaults
        self._sessions: dict[str, LiveSession] = {}
        self._draining = False

    @property
    def draining(self) -> bool:
        """Whether the server is stopping."""
        return self._draining

    async def start(
        self, start: Start, owner: str = "local", *, media: str | None = None, kept: bool = True
    ) -> Seat:
        """A new session and the hold on it.

        Raises `Full`, `Draining`, `EngineError`, `DiskError`, `BadMessage` (no such engine,
        a language it does not know).
        """
        self._admit(start.options)
        token = secrets.token_urlsafe(24)
        header = SessionHeader(
            session=new_id(),
            owner=owner,
            token_sha256=token_hash(token),
            format=start.format,
            options=start.options,
            created_at=datetime.now(UTC),
            media=media,
            kept=kept,
        )
        return Seat(await self._new(header), token)

    async def resume(self, resume: Resume) -> Seat:
        """The hold on a session again. Raises `BadCredentials`, `Gone`, `Draining`."""
        if self._draining:
            raise Draining("The server is stopping; resume in a moment.")
        session = self._held(resume.session, resume.token)
        return Seat(session, resume.token, epoch=resume.epoch, after=resume.after)

    def watch(self, session: str, after: int = 0) -> AsyncIterator[Numbered | Interim] | None:
        """A live session's events above `after` and its interims; None: not live here."""
        live = self._sessions.get(session)
        return None if live is None or live.bye is not None else live.broadcast.watch(after)

    async def cancel(self, session: str) -> None:
        """End a live session at once, and wait until it has."""
        if (live := self._sessions.get(session)) is not None:
            await live.cancel()

    async def recover(self) -> None:
        """Take up, or seal, every session that an earlier process left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for folder in sorted(self._folder.iterdir()):
            try:
                await self._take_up(folder)
            except Held:
                continue  # another process of this server has it
            except VivavoceError as error:
                log.error("cannot take a session up", session=folder.name, reason=error.message)

    async def drain(self, limit: float) -> None:
        """No new sessions; finishing ones get `limit` seconds, then all are let go of."""
        self._draining = True
        finishing = [s.task for s in self._sessions.values() if s.journal.complete and s.task]
        if finishing:
            await asyncio.wait(finishing, timeout=limit)
        bye = Bye(Draining.code, Draining.close)
        sessions = list(self._sessions.values())
        for result in await asyncio.gather(
            *(session.release(bye) for session in sessions), return_exceptions=True
        ):
            if isinstance(result, BaseException):
                log.error("cannot let a session go", reason=str(result))

    def _admit(self, options: Options) -> None:
        if self._draining:
            raise Draining("The server is stopping; try again in a moment.")
        alike = sum(s.live == options.interims for s in self._sessions.values())
        if alike >= (self.limits.sessions if options.interims else FILES):
            kind = "live sessions" if options.interims else "files being transcribed"
            raise Full(f"This server has as many {kind} as it can serve ({alike}); try later.")

    def _held(self, session: str, token: str) -> LiveSession:
        live = self._sessions.get(session)
        if live is None or live.bye is not None:
            raise Gone(f"The session {session} has ended, or never was.")
        if not live.owns(token):
            raise BadCredentials(f"This is not the token of the session {session}.")
        return live

    async def _new(self, header: SessionHeader) -> LiveSession:
        hosts = await self._engines.get(header.options.engine)
        check_language(hosts.capabilities, header.options.language)
        engine = hosts.capabilities.name
        journal = await Journal.create(self._folder / header.session, header, self._committer)
        try:
            events = await EventLog.create(journal.folder, self._committer)
            if header.kept:
                await self._repository.create(_recording(header, engine))
            return await self._run(journal, events, _Said())
        except BaseException:
            await journal.remove()
            raise

    async def _take_up(self, folder: Path) -> None:
        try:
            journal = await Journal.open(folder, self._committer)
        except NotFound:  # it never began
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            return
        events = await EventLog.open(folder, self._committer)
        said = _said(events.read())
        if said.ended:
            await self._sealer.seal(journal, list(events.read()))
            await events.close()
        else:
            await self._known(journal.header)
            await self._run(journal, events, said)

    async def _known(self, header: SessionHeader) -> None:
        """A crash may have come between the journal and the list of recordings."""
        if not header.kept:
            return
        try:
            await self._repository.get(header.owner, header.session)
        except NotFound:
            engine = header.options.engine or self._engines.default.capabilities.name
            await self._repository.create(_recording(header, engine))

    async def _run(self, journal: Journal, events: EventLog, said: "_Said") -> LiveSession:
        """Begin, or begin again, at the first sample that no final covers."""
        header = journal.header
        hosts = await self._engines.get(header.options.engine)
        options = stream_options(header.options, self._defaults)
        stream = await open_stream(hosts, options, said.end)
        core = Session(hosts.capabilities.name, decided=said.finals, end=said.end)
        broadcast = Broadcast(events)
        if not said.events:
            chosen = header.options
            for event in core.start(header.session, header.format, chosen.language, chosen.title):
                broadcast.say(event)
        runner = Runner(journal, broadcast, core, stream, options, position=said.end)
        session = LiveSession(journal, broadcast, runner, self._sealer, self.limits.grace)
        runner.attended = lambda: session.attended
        self._sessions[session.id] = session
        session.begin().add_done_callback(lambda _: self._sessions.pop(session.id, None))
        return session


@dataclass(frozen=True, slots=True)
class _Said:
    """What an earlier process said of a session."""

    events: int = 0
    finals: int = 0
    end: int = 0  # of the last final, in samples
    ended: bool = False


def _said(log: Iterable[Numbered]) -> _Said:
    said = _Said()
    for numbered in log:
        event = numbered.event
        final = isinstance(event, Final)
        said = _Said(
            events=numbered.n,
            finals=said.finals + final,
            end=event.end if isinstance(event, Final) else said.end,
            ended=said.ended or isinstance(event, Ended),
        )
    return said


def _recording(header: SessionHeader, engine: str) -> Recording:
    created = header.created_at
    return Recording(
        id=header.session,
        owner=header.owner,
        title=header.options.title or f"Recording {created:%Y-%m-%d %H:%M}",
        created_at=created,
        state="live" if header.options.interims else "transcribing",
        language=header.options.language,
        engine=engine,
        media_type=header.media or "application/octet-stream",
    )
