"""A session begun, or begun again where an earlier process left it."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from vivavoce.core.commands import Options
from vivavoce.core.errors import DiskError, Full, NotFound
from vivavoce.core.session import Session
from vivavoce.core.spoken import Action
from vivavoce.core.types import seconds
from vivavoce.engines.base import StreamOptions
from vivavoce.journal.commit import Committer
from vivavoce.journal.eventlog import EventLog
from vivavoce.journal.folder import discard
from vivavoce.journal.journal import Journal, SessionHeader
from vivavoce.library.diarizations import Diarizations
from vivavoce.library.recording import Changes, Recording
from vivavoce.library.repository import Repository
from vivavoce.library.retention import until
from vivavoce.live.allowance import Account, Allowance, Boundless
from vivavoce.live.broadcast import Broadcast
from vivavoce.live.chain import Chain
from vivavoce.live.engines import Engines
from vivavoce.live.news import News, NoNews
from vivavoce.live.redacting import Redacting, Redactor
from vivavoce.live.runner import Runner
from vivavoce.live.said import Said, said
from vivavoce.live.seal import Sealer
from vivavoce.live.session import LiveSession
from vivavoce.live.streams import stream_options
from vivavoce.live.tallied import Tallied
from vivavoce.live.tally import Tally
from vivavoce.live.voice import Voice

log = structlog.get_logger()

STALE = 60.0
"""Seconds after which a folder without a header is nobody's session in the making."""


@dataclass(frozen=True, kw_only=True)
class Opener:
    """Puts the parts of a session together; `LiveSession.begin` then runs it."""

    folder: Path  # where live sessions are journalled
    engines: Engines
    repository: Repository
    sealer: Sealer
    committer: Committer
    defaults: StreamOptions
    grace: float  # seconds
    news: News = field(default_factory=NoNews)
    queue: Diarizations | None = None  # of those whose speakers are to be told apart
    redactor: Redactor | None = None  # knows what is not to be kept
    allowance: Allowance = field(default_factory=Boundless)
    tally: Tally = field(default_factory=Tally)

    async def new(self, header: SessionHeader) -> LiveSession:
        """Raises `EngineError`, `DiskError`, `BadMessage` (no such engine or language)."""
        chain = self._chain(header.options)
        engine = await chain.first(header.options.language or self.defaults.language)
        journal = await Journal.create(self.folder / header.session, header, self.committer)
        events: EventLog | None = None
        try:
            events = await EventLog.create(journal.folder, self.committer)
            if header.kept:
                await self.repository.create(_recording(header, engine))
                await self._enqueue(header)
            session = self._assemble(journal, events, chain, Said(engine=engine))
            if header.kept:
                self.news.mention(header.owner, "recording.started", header.session)
            return session
        except BaseException:
            if events is not None:
                with suppress(DiskError):
                    await events.close()
            await journal.remove()
            if header.kept:
                with suppress(NotFound):
                    await self.repository.delete(header.owner, header.session)
            raise

    async def give_up_lost(self, live: Callable[[Iterable[str]], Awaitable[set[str]]]) -> None:
        """End the recordings that are not `live` anywhere. Raises `DiskError`."""
        unfinished = await self.repository.unfinished()
        lost = set(unfinished) - await live(unfinished)
        # One may have been sealed between two looks; that comes before it is live no more.
        for recording in lost.intersection(await self.repository.unfinished() if lost else ()):
            log.error("a session is lost", session=recording)
            with suppress(NotFound):  # deleted meanwhile
                await self.repository.update(recording, Changes(state="failed", reason="lost"))

    async def discard(self, folder: Path) -> None:
        """Delete a session that cannot be taken up. Raises `Held`, `DiskError`."""
        await asyncio.to_thread(discard, folder, self.committer.disk)

    async def take_up(self, folder: Path) -> LiveSession | None:
        """What an earlier process left; None when it had ended and only had to be sealed.

        Raises `Held` when another process has it, `EngineError`, `DiskError`.
        """
        try:
            journal = await Journal.open(folder, self.committer)
        except NotFound:  # it never began; but it may be beginning in another process
            if _stale(folder):
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            return None
        events: EventLog | None = None
        try:
            events = await EventLog.open(folder, self.committer)
            so_far = said(numbered.event for numbered in events.read())
            if not so_far.ended:
                chain = self._chain(journal.header.options, again=True)
                if not so_far.began:
                    so_far = Said(engine=chain.names[0])
                await self._known(journal.header, so_far.engine)
                return self._assemble(journal, events, chain, so_far)
            await self.sealer.seal(journal, list(events.read()))
            with suppress(DiskError):  # all of it is in the library
                await events.close()
            await journal.remove()
            return None
        except BaseException:
            if events is not None:
                with suppress(DiskError):
                    await events.close()
            with suppress(DiskError):  # or nobody would learn what is wrong
                await journal.close()
            raise

    async def _enqueue(self, header: SessionHeader) -> None:
        brief = header.options.brief
        if self.queue is None or not brief.diarization:
            return
        try:
            speakers = brief.speakers or None
            await self.queue.ask(header.owner, header.session, speakers, asked=False)
        except Full as error:
            log.warning("speakers not told", session=header.session, reason=error.message)

    def _chain(self, options: Options, *, again: bool = False) -> Chain:
        asked, _ = self.engines.shared_out(options, again=again)
        return self.engines.chain(asked.engine, asked.language, asked.brief.translate_to)

    async def _known(self, header: SessionHeader, engine: str) -> None:
        """A crash may have come between the journal and the list of recordings."""
        if not header.kept:
            return
        try:
            await self.repository.get(header.owner, header.session)
        except NotFound:
            await self.repository.create(_recording(header, engine))

    def _assemble(
        self, journal: Journal, events: EventLog, chain: Chain, said: Said
    ) -> LiveSession:
        header = journal.header
        core = Session(
            said.engine,
            decided=said.finals,
            end=said.end,
            speaking=said.speaking,
            quiet=said.quiet,
        )
        broadcast = Broadcast(events)
        if not said.began:
            chosen = header.options
            for event in core.start(header.session, header.format, chosen.language, chosen.title):
                broadcast.say(event)
        asked, by_model = self.engines.shared_out(header.options, again=True)
        options = stream_options(asked, self.defaults)
        aligner = self.engines.aligner
        voice = Voice(journal, broadcast, header.options.voice_commands, options.language)
        voice.told = lambda action, at: self._spoken(header, action, at)
        tallied = Tallied(header, journal.size, self.tally)
        runner = Runner(
            journal,
            broadcast,
            core,
            chain,
            options,
            said,
            aligning=aligner,
            voice=voice,
            redacting=self._redacting(said),
            tallied=tallied,
        )
        session = LiveSession(
            journal,
            broadcast,
            runner,
            self.sealer,
            self.grace,
            chain=chain,
            repository=self.repository,
            tallied=tallied,
            translations=by_model,
        )
        runner.attended = lambda: session.attended
        runner.pay = Account(self.allowance, header.owner, said.resume).pay
        return session

    def _redacting(self, said: Said) -> Redacting | None:
        if self.redactor is None:
            return None
        return Redacting(self.redactor, said.earlier[-1].text if said.earlier else "")

    def _spoken(self, header: SessionHeader, action: Action, at: int) -> None:
        if header.kept:
            told = {"command": action, "at": seconds(at)}
            self.news.mention(header.owner, "command.spoken", header.session, **told)


def _stale(folder: Path) -> bool:
    with suppress(FileNotFoundError):  # deleted meanwhile
        return time.time() - folder.stat().st_mtime > STALE
    return False


def _recording(header: SessionHeader, engine: str) -> Recording:
    created = header.created_at
    return Recording(
        id=header.session,
        owner=header.owner,
        title=header.options.title or f"Recording {created:%Y-%m-%d %H:%M}",
        created_at=created,
        state="live" if header.options.interims else "transcribing",
        mode="live" if header.options.interims else "upload",
        diarization=header.options.brief.diarization,
        language=header.options.language,
        engine=engine,
        media_type=header.media or "application/octet-stream",
        audio_until=until(created, header.options.audio_days),
        text_until=until(created, header.options.text_days),
    )
