"""A session that runs: its journal, its events, its runner, and who holds it."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from vivavoce.core.commands import Configure, Finish
from vivavoce.core.errors import DiskError, Draining, Held, NotFound, VivavoceError
from vivavoce.core.events import Gap, Numbered
from vivavoce.core.titles import title_from
from vivavoce.dialects.base import Bye
from vivavoce.journal.journal import Journal, SessionHeader
from vivavoce.journal.lacking import AWAY
from vivavoce.library.repository import Repository
from vivavoce.live.broadcast import Broadcast
from vivavoce.live.chain import Chain
from vivavoce.live.runner import Runner
from vivavoce.live.seal import Sealer
from vivavoce.live.tallied import Tallied
from vivavoce.telemetry.logs import bound
from vivavoce.telemetry.traces import span

log = structlog.get_logger()

AGAIN = 5.0
"""Seconds between attempts at what a full disk does not let us do."""


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def owns(header: SessionHeader, token: str) -> bool:
    """Whether this is the session's token."""
    return hmac.compare_digest(token_hash(token), header.token_sha256)


class Holder(Protocol):
    """Whoever holds a session."""

    def lose(self, bye: Bye) -> None:
        """Another took it, or it is over."""


class LiveSession:
    """One session of this process; `run` is its life.

    It is over when `bye` is set: everything is said, and kept where it is to be kept.
    """

    def __init__(
        self,
        journal: Journal,
        broadcast: Broadcast,
        runner: Runner,
        sealer: Sealer,
        grace: float,
        *,
        chain: Chain,
        repository: Repository,
        tallied: Tallied,
        translations: Sequence[str] = (),
    ) -> None:
        """`translations`: languages into which a language model is to translate it."""
        self.id = journal.header.session
        self.header = journal.header
        self.translations = tuple(translations)
        self.tallied = tallied
        self.journal = journal
        self.broadcast = broadcast
        self.trouble: DiskError | None = None  # why frames are not acknowledged
        self.bye: Bye | None = None
        self._runner = runner
        self._sealer = sealer
        self._chain = chain
        self._repository = repository
        self.grace = grace  # seconds
        self._holder: Holder | None = None
        self._turn = 0  # its place among those who came
        self._expiry: asyncio.TimerHandle | None = None
        self._acks: asyncio.Task[None] | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def attended(self) -> bool:
        """Whether a client holds it."""
        return self._holder is not None

    @property
    def stopped(self) -> bool:
        """Whether somebody has said that it is to end: it takes no more, and says its last."""
        return self._runner.voice.stopped

    def heed_no_stop(self) -> None:
        """A replay: whoever said so was obeyed already, and the audio ends there."""
        self._runner.voice.heedless = True

    @property
    def behind(self) -> int:
        """Samples that have come and are not with the engine yet."""
        return self._runner.behind

    @property
    def live(self) -> bool:
        """Whether somebody speaks and reads, or it is a file that is transcribed."""
        return self.header.options.interims

    def begin(self) -> asyncio.Task[None]:
        """Run until the session is over."""
        self.task = asyncio.create_task(self._run(), name=f"session {self.id}")
        self._wait()
        return self.task

    def hold(self, holder: Holder, turn: int = 0) -> None:
        """A client takes the session; whoever held it is told so. Where it has waited for another
        process to let go, a client that came later (`turn`) may be here already: that keeps it."""
        if turn < self._turn:
            holder.lose(Bye("held", 4409))
            return
        self._turn = turn
        if self._holder is not None:
            self._holder.lose(Bye("held", 4409))
        self._holder = holder
        self._still()
        if self._acks is None or self._acks.done():
            self.trouble = None
            self._acks = asyncio.create_task(self._ring_acks())

    def unhold(self, holder: Holder) -> None:
        """The client's line is lost: wait for a resume, then finish with what there is."""
        if self._holder is holder:
            self._holder = None
            self._wait()

    async def configure(self, change: Configure) -> None:
        """Raises `BadMessage` (a language no engine of it knows), `Gone`, `DiskError`."""
        self._chain.check_language(change.language)
        self.journal.control(change)
        title = title_from(change.title)
        if title is not None and self.header.kept:
            with suppress(NotFound):  # deleted meanwhile
                await self._repository.rename(self.header.owner, self.id, title)

    def skipped(self, start: int, end: int) -> None:
        """Neither this server nor the client has these bytes of the audio. Raises DiskError."""
        first, last = map(self.header.format.position, (start, end))
        self.broadcast.say(Gap(start=first, end=last, reason=AWAY))

    async def cancel(self) -> None:
        """End at once; what was said so far is kept."""
        self._runner.cancel()
        await self.done()

    async def discard(self) -> None:
        """End at once and keep nothing: deleting must not need room on a full disk."""
        self._runner.discard()
        await self.done()

    async def release(self, bye: Bye, *, settle: float = 0) -> None:
        """Let go without an end: whoever opens the journal next takes it up again.

        `settle`: not before every utterance that has ended is decided, or so many seconds have
        passed. The one that is open stays so: a cut in mid-word would cost the word, and its
        audio is in the journal.
        """
        if settle:
            with suppress(TimeoutError, VivavoceError):
                async with asyncio.timeout(settle):
                    await self._runner.settle()
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        await self._let_go(bye)

    async def done(self) -> None:
        """Wait for the end."""
        if self.task is not None:
            await asyncio.wait([self.task])

    async def missed(self, after: int) -> AsyncIterator[Numbered]:
        """The events above `after`, also when the session is over and its log is gone."""
        try:
            if self.bye is None or self.broadcast.holds(after):
                for numbered in self.broadcast.after(after):
                    yield numbered
                    after = numbered.n
                return
        except DiskError:
            if not self.broadcast.ended:
                raise
            # It was sealed between two looks, and its log with it.
        async for numbered in self._sealer.events(self.header, after):
            yield numbered

    async def _run(self) -> None:
        """What is logged from here on, and by what it starts, names the session."""
        with bound(session=self.id), span("session", session=self.id):
            try:
                await self._runner.run()
                await self.finish()
            except Exception:
                # Not foreseen. The audio stays in the journal, and the next start takes it up.
                log.exception("session failed")
                await self._let_go(Bye("internal", 1011))

    async def finish(self) -> None:
        """Seal what has ended, or delete what nobody wants."""
        self._still()
        self.journal.stop()
        events = list(self.broadcast.after(0))
        while True:
            try:
                if self._runner.unwanted:
                    with suppress(DiskError):  # deleting must not need room
                        await self._sealer.count(self.journal)
                else:
                    await self.journal.settle()
                    await self._sealer.seal(self.journal, events)
                with suppress(DiskError):  # closed first: not every system deletes an open file
                    await self.broadcast.close()
                await self.journal.remove()
                break
            except Held as error:
                log.warning("not sealed", reason=error.message)
                await self._let_go(Bye("moved", Draining.close))
                return
            except DiskError as error:
                log.warning("cannot seal yet", reason=error.message)
                await asyncio.sleep(AGAIN)
        await self._over(Bye(self._runner.reason))

    async def _let_go(self, bye: Bye) -> None:
        try:
            await self._over(bye)
        finally:
            await self.journal.close()

    async def _over(self, bye: Bye) -> None:
        self._still()
        self.bye = bye
        if self._acks is not None:
            self._acks.cancel()
        await self.broadcast.close()

    async def _ring_acks(self) -> None:
        known = self.journal.acknowledged
        try:
            await self.journal.settle()  # what failed before this client came is tried again
            async for _ in self.journal.acks(known):
                self.broadcast.changed.ring()
        except DiskError as error:
            self.trouble = error
            self.broadcast.changed.ring()

    def _wait(self) -> None:
        if self.bye is None and not self.journal.complete:
            self._again(self.grace)

    def _again(self, delay: float) -> None:
        self._expiry = asyncio.get_running_loop().call_later(delay, self._expire)

    def _still(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None

    def _expire(self) -> None:
        try:
            self.journal.control(Finish())
        except DiskError:
            self._again(AGAIN)
        else:
            self._runner.reason = "abandoned"
