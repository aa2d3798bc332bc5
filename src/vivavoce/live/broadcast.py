"""One session's events to everybody who watches.

There is no queue per watcher: each keeps its place in the log and reads on from there, from
memory when it is near the end and from the file when it is not. A slow watcher costs nothing
and misses nothing but interims, of which only the latest is ever kept.
"""

from collections import deque
from collections.abc import AsyncGenerator, Iterable
from itertools import takewhile

from vivavoce.core.errors import DiskError
from vivavoce.core.events import AnyEvent, Ended, Final, Interim, Numbered
from vivavoce.core.transcript import Fold, Transcript
from vivavoce.journal.bell import Bell
from vivavoce.journal.eventlog import EventLog
from vivavoce.live.turns import Turns

RECENT = 256
"""Events kept in memory."""

FLUSHES = 1024
"""Flushes remembered for a client that has yet to hear of them; of more it hears the last."""


class Broadcast:
    def __init__(self, log: EventLog) -> None:
        self.changed = Bell()  # rings at each event and interim, and at `close`
        self._turns = Turns()  # of those who watch; the one who speaks comes before them
        self.interim: Interim | None = None
        self.ended = False
        self._log = log
        self._recent: deque[Numbered] = deque(maxlen=RECENT)
        self._flushes: deque[tuple[int, int]] = deque(maxlen=FLUSHES)
        self._closed = False
        self._fold = Fold()  # of the events up to `_folded`, where somebody asked for it
        self._folded = 0
        self._shown = log.last

    @property
    def epoch(self) -> int:
        return self._log.epoch

    @property
    def last(self) -> int:
        """The number of the last event; 0: none."""
        return self._log.last

    def say(self, event: AnyEvent) -> Numbered:
        """Log an event and show it to everybody; an `Ended` not before `conclude`.

        Raises DiskError: not said, say it again.
        """
        numbered = self._log.append(event)
        self._recent.append(numbered)
        if isinstance(event, Final | Ended):
            self.interim = None
        if isinstance(event, Ended):
            self.ended = True
        else:
            self._shown = numbered.n
        self._ring()
        return numbered

    async def settle(self) -> None:
        """Make all that was said durable; what failed before is tried again. Raises DiskError."""
        await self._log.settle()

    def conclude(self) -> None:
        """Show that it has ended. Who sees that goes away."""
        self._shown = self._log.last
        self._ring()

    async def durable(self, n: int) -> None:
        """Return when event `n` survives a power cut. Raises DiskError when it may not."""
        await self._log.durable(n)

    def transcript(self) -> Transcript:
        """What all that was said makes. Raises DiskError."""
        for numbered in self.after(self._folded):
            self._fold.add(numbered.event)
            self._folded = numbered.n
        return self._fold.transcript

    def show(self, interim: Interim) -> None:
        """Replace the latest interim."""
        self.interim = interim
        self._ring()

    def flush(self, count: int) -> None:
        """All that was said before the `count`-th flush is final, and said."""
        if not self._flushes or count > self._flushes[-1][1]:  # else it was obeyed again
            self._flushes.append((self._log.last, count))
            self._ring()

    def flushed(self, after: int, n: int) -> list[int]:
        """The flushes above `after` that were done before the event above `n` was said."""
        return [count for last, count in self._flushes if count > after and last <= n]

    def since(self, epoch: int, after: int) -> int:
        """The number after which a watcher that has seen `after` in `epoch` goes on."""
        return self._log.since(epoch, after) - 1

    def holds(self, n: int) -> bool:
        """Whether every event above `n` is in memory."""
        return n >= self._log.last or (bool(self._recent) and self._recent[0].n <= n + 1)

    def after(self, n: int) -> Iterable[Numbered]:
        """The events above `n`, to the last that is shown."""
        if n >= self._shown:
            return ()
        if self.holds(n):
            return [numbered for numbered in self._recent if n < numbered.n <= self._shown]
        return takewhile(lambda numbered: numbered.n <= self._shown, self._log.read(n))

    async def watch(self, after: int) -> AsyncGenerator[Numbered | Interim]:
        """Events above `after` and interims as they come; returns after `Ended` or `close`,
        and when the log of an ended session is gone: the rest is in the library."""
        shown: Interim | None = None
        while True:
            rung = self._turns.rung
            closed = self._closed
            try:
                for numbered in self.after(after):
                    yield numbered
                    after = numbered.n
                    if isinstance(numbered.event, Ended):
                        return
            except DiskError:
                if self.ended:
                    return
                raise
            if closed:
                return
            if self.interim is not shown:
                shown = self.interim
                if shown is not None:
                    yield shown
            await self._turns.after(rung)

    async def close(self) -> None:
        """Nothing more will be said; the log is closed."""
        self._closed = True
        self._ring()
        await self._log.close()

    def _ring(self) -> None:
        self.changed.ring()
        self._turns.ring()
