"""Group commit: what all sessions wrote in the last tenth of a second is fsynced together.

A writer tells its `Durable` what it has written; the `Committer` fsyncs every dirty one at
most `delay_ms` later, in threads, and then tells who waits. Nothing runs while nothing is
dirty. The delay counts from the beginning of the commit before, so that a slow fsync does not
add to it, and who writes after a pause does not wait at all.

**A failed fsync.** The system may have dropped the pages and will call the next fsync a
success (Linux, "fsyncgate"). So nothing written since the last successful one is acknowledged:
whoever waits gets the DiskError, and that writer is not fsynced again until `mend` has read
those bytes back, proved their checksum and written them anew. `mend` runs at the writer's next
append, so a session goes on by itself when the disk does; bytes that cannot be proved keep it
failing, and only recovery (`Journal.open`), which cuts what is not whole, ends that.
"""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from vivavoce.core.errors import DiskError
from vivavoce.journal.appendfile import AppendFile
from vivavoce.journal.bell import Bell
from vivavoce.journal.disk import Disk

THREADS = 8  # fsyncs that wait for the disk together; it merges them


def unseen(_seconds: float) -> None:
    """For who does not want to know how long acknowledgements take."""


class Durable:
    """How much one writer has written to its files, and how much of that is on the disk.

    Marks are the writer's own growing count (of frames, of events).
    """

    def __init__(
        self,
        committer: "Committer",
        files: tuple[AppendFile, ...],
        mark: int,
        committed: Callable[[float], None] | None = None,
    ) -> None:
        """`committed` is told how many seconds the first of what a commit covers waited."""
        self.written = mark
        self.mark = mark  # known to be on the disk
        self.error: DiskError | None = None
        self.changed = Bell()  # rings when `mark` or `error` has changed
        self._committer = committer
        self._files = files
        self._committed = committed
        self._since: float | None = None  # when what no commit covers yet was first written
        self._covered: float | None = None  # the same of the commit that runs

    def wrote(self, mark: int) -> None:
        """The files now hold everything up to `mark`; have it fsynced soon."""
        self.written = mark
        if self._since is None and self._committed is not None:
            self._since = time.monotonic()
        self._committer.add(self)

    async def reached(self, mark: int) -> None:
        """Return when everything up to `mark` is on the disk; DiskError when it will not be."""
        while self.mark < mark:
            if self.error is not None:
                raise self.error
            await self.changed.wait()

    def mend(self) -> None:
        """After a failed commit, make another one possible. DiskError: not yet."""
        if self.error is None:
            return
        for file in self._files:
            file.write_again()
        self.error = None
        self._committer.add(self)

    async def settle(self) -> None:
        """Return when everything written is on the disk. Raises DiskError."""
        self.mend()
        await self.reached(self.written)

    def begin(self) -> int:
        """For the committer: a commit begins that will cover this mark."""
        for file in self._files:
            file.begin_sync()
        self._covered, self._since = self._since, None
        return self.written

    def sync(self) -> None:
        """For the committer, in a thread."""
        for file in self._files:
            file.sync()

    def end(self, mark: int, error: Exception | None) -> None:
        """For the committer: the commit ended, well or not."""
        if error is None:
            self.mark = mark
            for file in self._files:
                file.end_sync()
            if self._covered is not None and self._committed is not None:
                self._committed(time.monotonic() - self._covered)
        else:
            why = error.strerror if isinstance(error, OSError) else None
            folder = self._files[0].path.parent
            self.error = DiskError(f"Cannot make {folder} durable: {why or error}.")
            self.error.__cause__ = error
            self._since = self._covered  # it waits on
        self.changed.ring()


class Committer:
    """One per process. `disk` is where everything it commits lies."""

    def __init__(
        self,
        delay_ms: int = 100,
        disk: Disk | None = None,
        acked: Callable[[float], None] = unseen,
    ) -> None:
        """`acked` is told how many seconds audio waited for its fsync."""
        self.disk = disk or Disk()
        self._acked = acked
        self._delay = delay_ms / 1000
        self._dirty: dict[Durable, None] = {}  # in order of their first write
        self._began = -math.inf  # the last commit, in the loop's time
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="commit")

    def track(self, *files: AppendFile, mark: int, acknowledged: bool = False) -> Durable:
        """A new writer, whose files are on the disk up to `mark`. `acknowledged`: somebody waits
        to hear so."""
        return Durable(self, files, mark, self._acked if acknowledged else None)

    def add(self, durable: Durable) -> None:
        """For Durable: it has something to commit."""
        self._dirty[durable] = None
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="commit")

    async def close(self) -> None:
        """Commit what is pending, at once, and stop."""
        self._closing.set()
        if self._task is not None:
            await self._task
        self._pool.shutdown()

    async def _run(self) -> None:
        while self._dirty:
            await self._gather()
            self._began = asyncio.get_running_loop().time()
            batch, self._dirty = self._dirty, {}
            # One that failed waits for its `mend`; another fsync would only seem to succeed.
            due = [each for each in batch if each.error is None]
            shares = [due[first::THREADS] for first in range(min(THREADS, len(due)))]
            await asyncio.gather(*map(self._commit, shares))

    async def _gather(self) -> None:
        """Let others join, until the commit before is long enough ago."""
        until = self._began + self._delay
        if until <= asyncio.get_running_loop().time():
            return
        try:
            async with asyncio.timeout_at(until):
                await self._closing.wait()
        except TimeoutError:
            pass

    async def _commit(self, share: list[Durable]) -> None:
        """One thread's part of a commit."""
        marks = [durable.begin() for durable in share]
        errors: list[Exception | None]
        try:
            loop = asyncio.get_running_loop()
            errors = await loop.run_in_executor(self._pool, lambda: list(map(_synced, share)))
        except Exception as none:  # no thread was to be had; nobody may wait forever for an answer
            errors = [none for _ in share]
        for durable, mark, error in zip(share, marks, errors, strict=True):
            durable.end(mark, error)


def _synced(durable: Durable) -> Exception | None:
    """In a thread: what went wrong, whatever it was."""
    try:
        durable.sync()
    except Exception as error:
        return error
    return None
