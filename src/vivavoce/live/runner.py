"""From a session's journal to its events: one task per session.

The runner only ever reads the journal. A microphone, an upload, and a session taken up after
a crash differ in how fast the journal grows and in nothing else. An engine that fails is the
same thing again: another stream is opened, of the next engine of the session's chain, and is
fed from where all that was said leaves off.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial

from vivavoce.core.errors import (
    DiskError,
    EngineError,
    EngineExpired,
    QuotaSpent,
    VivavoceError,
)
from vivavoce.core.events import AnyEvent, Final, Interim
from vivavoce.core.results import Aligned, Decided, Flushed, Heard, Switched
from vivavoce.core.session import Session
from vivavoce.engines.aligning.aligned import Aligning
from vivavoce.engines.base import StreamOptions
from vivavoce.journal.journal import Journal
from vivavoce.live.broadcast import Broadcast
from vivavoce.live.chain import Chain
from vivavoce.live.passage import Passage
from vivavoce.live.redacting import Redacting
from vivavoce.live.said import Said
from vivavoce.live.streams import open_stream
from vivavoce.live.tallied import Tallied
from vivavoce.live.voice import Voice

ROOM = 0.5
"""Seconds between two attempts to log an event on a full disk."""

FIRST, LONGEST = 1.0, 60.0
"""Seconds for which a session waits when every engine of its chain has failed it: each time
twice as long as the last, until there is a final."""

LAST = 6
"""Times that it does so after the audio is finished: a minute, or six where a breaker is open
for the longest, and then its last words are given up. The audio is kept."""

WELL = "It is preferred, and is tried again."


class Unfit(EngineError):
    """The speaker goes on in a language that the engine does not know."""


class Runner:
    """`said` is what an earlier process said of the session, or this one as it began.

    `options` are those that it began with: what changed them is in the journal.
    """

    def __init__(
        self,
        journal: Journal,
        broadcast: Broadcast,
        session: Session,
        chain: Chain,
        options: StreamOptions,
        said: Said,
        *,
        aligning: Aligning | None = None,
        voice: Voice,
        redacting: Redacting | None = None,
        tallied: Tallied,
    ) -> None:
        self._journal = journal
        self._broadcast = broadcast
        self._session = session
        self._chain = chain
        self._options = options
        self._said = said
        self._aligning = aligning
        self.voice = voice
        self._redacting = redacting
        self._tallied = tallied
        self.attended: Callable[[], bool] = lambda: True  # whether a client is on the line
        self.pay: Callable[[int], Awaitable[None]] = _free  # is told up to where it was heard
        self._passage: Passage | None = None
        self._name = said.engine  # who decodes
        self._better: str | None = None  # who is to decode next
        self._reached = 0  # samples fed to any stream
        self._language = options.language
        self._unfit_at = -1  # where a change of the language last changed the engine
        self._waits = 0  # in a row, since the last final or since the audio was finished
        self._last = False  # whether it was finished when they began
        self._cancelled = asyncio.Event()
        self.reason = "finished"  # what `Ended` will say
        self.unwanted = False  # nothing of the session is to be kept

    async def run(self) -> None:
        """Until the audio is finished and all is said; the last event is `Ended`."""
        try:
            reason = ""
            if self._said.finals:
                await self.voice.catch_up(self._log)
            while not self._cancelled.is_set():
                name, self._better = self._better or self._chain.pick(self._language), None
                if name is None:
                    await self._wait()
                    continue
                decided = self._said.finals
                try:
                    if await self._decode(name, reason):
                        break
                    reason = WELL
                except Unfit as error:
                    reason = error.message
                except EngineExpired as error:
                    reason = error.message
                    if self._said.finals == decided:  # it would only do so again
                        self._chain.failed(name, error)
                except EngineError as error:
                    reason = error.message
                    self._chain.failed(name, error)
        except VivavoceError as error:
            self.reason = error.code
            await self._say(self._session.warn(error.code, error.message))
        with suppress(QuotaSpent):  # by its last second
            await self.pay(self._reached)
        # Who hears that it has ended goes away, and neither sends anything again nor hears what is
        # said anew: by then all of it has to survive a power cut.
        await self._settled(self._journal.settle)
        await self._say(self._session.end(self.reason, self._reached))
        await self._settled(self._broadcast.settle)
        self._broadcast.conclude()

    async def _settled(self, settle: Callable[[], Awaitable[None]]) -> None:
        while not self.unwanted:
            try:
                await settle()
            except DiskError:
                await asyncio.sleep(ROOM)
            else:
                return

    @property
    def behind(self) -> int:
        """Samples that have come and are not fed, where that can be told."""
        fed = self._reached if self._passage is None else self._passage.position
        return max(0, (self._received or 0) - max(fed, self._said.resume))

    def cancel(self) -> None:
        """End soon, without what is not decided yet."""
        self.reason = "cancelled"
        self._cancelled.set()
        if self._passage is not None:
            self._passage.cancel()

    def discard(self) -> None:
        """End soon, also on a disk so full that it cannot be said."""
        self.unwanted = self.voice.unwanted = True
        self.cancel()

    async def settle(self) -> None:
        """Decide what has ended of what was fed so far. Raises `EngineError`."""
        if self._passage is not None:
            await self._passage.stream.settle()

    async def _decode(self, name: str, reason: str) -> bool:
        """Have an engine decode what is left; False: a better one may go on from here.

        Raises `Unfit`, `EngineError`, and what reading the audio may.
        """
        hosts = await self._chain.pool(name)
        said = self._said
        stream, base = await open_stream(
            hosts,
            self._options,
            said.resume,
            going_on=said.going_on,
            earlier=said.earlier,
            aligning=self._aligning,
            count=partial(self._journal.uses.add, name),
        )
        passage = Passage(self._journal, stream, self._options, base, said.marks, self)
        self._name, self._passage = name, passage
        try:
            await self._say(self._switched(name, reason))
            return await self._follow(passage)
        finally:
            self._passage = None
            await passage.close()
            self._reached = max(self._reached, passage.position)

    def _switched(self, name: str, reason: str) -> Iterable[AnyEvent]:
        previous, at = self._said.engine, self._said.resume
        if name == previous:
            return []
        reason = reason or self._chain.reason(previous) or WELL
        return self._session.result(Switched(at=at, previous=previous, engine=name, reason=reason))

    async def _follow(self, passage: Passage) -> bool:
        await passage.begin()
        if self._cancelled.is_set():
            passage.cancel()
        try:
            all_heard = await self._hear(passage)
        except EngineError:
            await self._say_left(passage)
            raise
        if not all_heard:
            await self._say_left(passage)
            return False
        await passage.end()
        return True

    async def _hear(self, passage: Passage) -> bool:
        """Say what the stream hears; False: left after a final, for a better engine."""
        async for result in passage.stream.results():
            await self._say(self._session.result(result))
            if isinstance(result, Flushed):
                self._broadcast.flush(result.count)
            elif isinstance(result, Heard):
                self._chain.worked(self._name)
            elif isinstance(result, Decided):
                self._chain.decided(self._name)
                self._waits = 0
                if not passage.fed:
                    self._better = self._chain.better(self._name, self._language)
                if self._better is not None:
                    return False
        return True

    async def _wait(self) -> None:
        """No engine can decode this now. Raises the preferred one's error at the very last."""
        trouble = self._chain.trouble
        if self._waits == 0:
            await self._say(self._session.warn(trouble.code, trouble.message))
        if self._last != self._journal.complete:
            self._last, self._waits = True, 0
        if self._last and self._waits == LAST:
            raise trouble
        pause = min(FIRST * 2 ** min(self._waits, LAST), LONGEST)
        self._waits += 1
        await self._pause(max(pause, self._chain.wait))
        self._chain.again()

    async def _pause(self, pause: float) -> None:
        """Wait so many seconds, or until it is cancelled or the audio finished; meanwhile say
        how much is waiting."""
        clock = asyncio.get_running_loop().time
        until = clock() + pause
        while (left := until - clock()) > 0 and self._last == self._journal.complete:
            if self._cancelled.is_set():
                break
            await self.lag(self._reached)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, FIRST)):
                    await self._cancelled.wait()

    def speaks(self, at: int, language: str) -> None:
        """Raises `Unfit` where another engine of the chain knows it and this one does not."""
        self._language = language
        if at > self._unfit_at and self._chain.unfit(self._name, language):
            self._unfit_at = at
            raise Unfit(f"{self._name} does not know the language {language}.")

    def heeds(self, at: int, on: bool) -> None:
        self.voice.switch(at, on)

    async def mark(self, at: int, label: str) -> None:
        await self._say(self._session.mark(at, label))

    async def lag(self, position: int) -> None:
        """Say so when a live session's words come late. Raises `QuotaSpent`."""
        await self.pay(position)
        if (received := self._received) is not None:
            await self._say(self._session.behind(received - max(position, self._said.resume)))

    @property
    def _received(self) -> int | None:
        """Samples; None where nobody waits for words, or bytes are no samples yet."""
        format = self._journal.header.format
        if format.encoding == "container" or not self._options.interims:
            return None
        return format.position(self._journal.size)

    async def _say_left(self, passage: Passage) -> None:
        """When the words of the last finals were said: that may be found after the stream is
        left. What it heard beyond them is heard again."""
        await passage.close()
        while True:
            try:
                async for result in passage.stream.results():
                    if isinstance(result, Aligned):
                        await self._say(self._session.result(result))
                return
            except EngineError:
                continue

    async def _say(self, events: Iterable[AnyEvent]) -> None:
        finals: list[Final] = []  # with a command: what is known beside them is said first
        for said in events:
            event = said if self._redacting is None else self._redacting.event(said)
            self._tallied.said(event)
            if isinstance(event, Interim):
                self._broadcast.show(event)
            else:
                await self._log(event)
                if isinstance(event, Final) and self.voice.hears(event):
                    finals.append(event)
        for final in finals:
            await self.voice.obey(final, self._log)

    async def _log(self, event: AnyEvent) -> None:
        """The audio is safe in the journal, so a full disk only makes the words wait."""
        while True:
            try:
                self._broadcast.say(event)
                break
            except DiskError:
                if self.unwanted:
                    return
                await asyncio.sleep(ROOM)
        self._said = self._said.after(event)


async def _free(position: int) -> None:
    """As much as comes."""
