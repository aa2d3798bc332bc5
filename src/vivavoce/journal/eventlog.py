"""Everything a session has said, numbered from 1, in the `events` file of its folder.

Checksummed lines (`journal/lines.py`) of two kinds:

| line                                | meaning                          |
|-------------------------------------|----------------------------------|
| `{"epoch": e}`                      | a server took the session up     |
| `{"n": n, "epoch": e, "event": {}}` | a `Numbered` event of that epoch |

An epoch is on the disk before anything of it is said, so none is ever used twice. An event
may be said before it is fsynced: one that a power cut takes away is said again under the same
number in a higher epoch, which replaces what the client had.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from vivavoce.core.errors import DiskError, Gone
from vivavoce.core.events import AnyEvent, Numbered
from vivavoce.journal.appendfile import AppendFile
from vivavoce.journal.bell import Bell
from vivavoce.journal.commit import Committer
from vivavoce.journal.disk import Disk, disk_errors
from vivavoce.journal.lines import Line, append_line, read_lines

STRIDE = 256  # events between two whose place in the file is kept in memory

_EPOCH = b'{"epoch":'


class _Epoch(msgspec.Struct):
    epoch: int


_decode_epoch = msgspec.json.Decoder(_Epoch).decode
_decode_event = msgspec.json.Decoder(Numbered).decode


@dataclass
class _Index:
    """What is kept in memory of the file."""

    epoch: int = 0
    last: int = 0
    size: int = 0  # bytes
    firsts: list[tuple[int, int]] = field(default_factory=list)  # (epoch, its first number)
    places: list[int] = field(default_factory=list)  # byte offset of events 1, 1 + STRIDE, ...

    def add_epoch(self, epoch: int, end: int) -> None:
        self.epoch, self.size = epoch, end
        self.firsts.append((epoch, self.last + 1))

    def add_event(self, start: int, end: int) -> None:
        if self.last % STRIDE == 0:
            self.places.append(start)
        self.last, self.size = self.last + 1, end


class EventLog:
    """One session's log, for its one writer and any number of readers."""

    def __init__(self, file: AppendFile, index: _Index, committer: Committer) -> None:
        self.changed = Bell()  # rings at each event, and at `close`
        self._file = file
        self._index = index
        self._durable = committer.track(file, mark=index.last)
        self._closed = False

    @classmethod
    async def create(cls, folder: Path, committer: Committer) -> "EventLog":
        """Begin the log of a new session at epoch 1. Raises DiskError."""
        return cls(*await asyncio.to_thread(_create, folder, committer.disk), committer)

    @classmethod
    async def open(cls, folder: Path, committer: Committer) -> "EventLog":
        """Take the log up again, one epoch higher, cutting what is not whole at its end.

        What it then holds is durable. A log that is not there yet is begun. Raises DiskError.
        """
        return cls(*await asyncio.to_thread(_open, folder, committer.disk), committer)

    @property
    def epoch(self) -> int:
        """How often the session was taken up by a server, from 1."""
        return self._index.epoch

    @property
    def last(self) -> int:
        """The number of the last event; 0: none."""
        return self._index.last

    def append(self, event: AnyEvent) -> Numbered:
        """Log an event; it may be told to others when this returns. Raises DiskError, Gone."""
        if self._closed:
            raise Gone(f"The log {self._file.path} is closed.")
        self._durable.mend()
        numbered = Numbered(self.last + 1, self.epoch, event)
        start = self._file.size
        append_line(self._file, msgspec.json.encode(numbered))
        self._index.add_event(start, self._file.size)
        self._durable.wrote(numbered.n)
        self.changed.ring()
        return numbered

    def read(self, after: int = 0) -> Iterator[Numbered]:
        """The events above `after`, from the file, to the last one there is by then.

        Needs memory for a part of the file only. Raises DiskError.
        """
        after = max(0, after)
        if after >= self.last:
            return
        due = after // STRIDE * STRIDE + 1
        for line in read_lines(self._file, self._index.places[after // STRIDE]):
            entry = _decode(self._file.path, line)
            if isinstance(entry, _Epoch):
                continue
            if entry.n != due:
                raise DiskError(f"{self._file.path} is damaged: event {due} is not whole.")
            due += 1
            if entry.n > after:
                yield entry

    def since(self, epoch: int, after: int) -> int:
        """The first number to send to a client whose last event was `after` of `epoch`.

        What it has is right up to the last event, at or below `after`, of its own epoch or
        an older one.
        """
        later = bisect_right(self._index.firsts, epoch, key=lambda first: first[0])
        right = min(max(0, after), self.last)
        if later < len(self._index.firsts):
            right = min(right, self._index.firsts[later][1] - 1)
        return right + 1

    async def durable(self, n: int) -> None:
        """Return when event `n` survives a power cut. Raises DiskError when it may not."""
        await self._durable.reached(n)

    async def settle(self) -> None:
        """Make every event durable; what failed before is tried again. Raises DiskError."""
        await self._durable.settle()

    async def close(self) -> None:
        """Commit what is pending. Raises DiskError, closed anyway."""
        if self._closed:
            return
        self._closed = True
        try:
            await self._durable.settle()
        finally:
            self._file.close()
            self.changed.ring()


def _create(folder: Path, disk: Disk) -> tuple[AppendFile, _Index]:
    file = AppendFile.create(disk, folder / "events")
    return _raise_epoch(file, _Index(), 1, disk)


def _open(folder: Path, disk: Disk) -> tuple[AppendFile, _Index]:
    if not (folder / "events").exists():
        return _create(folder, disk)
    file = AppendFile.open(disk, folder / "events")
    try:
        index, newest = _scan(file)
    except DiskError:
        file.close()
        raise
    return _raise_epoch(file, index, newest + 1, disk)


def _raise_epoch(
    file: AppendFile, index: _Index, epoch: int, disk: Disk
) -> tuple[AppendFile, _Index]:
    """Put the start of an epoch on the disk, after what the index keeps."""
    try:
        file.restore(0, index.size)
        append_line(file, msgspec.json.encode(_Epoch(epoch)))
        file.restore(index.size, file.size)
        with disk_errors(file.path.parent):
            disk.sync_folder(file.path.parent)
    except DiskError:
        file.close()
        raise
    index.add_epoch(epoch, file.size)
    return file, index


def _scan(file: AppendFile) -> tuple[_Index, int]:
    """What is whole from the start on, and the newest epoch that the file speaks of anywhere.

    Even lines behind damage count for the epoch: clients may have seen it.
    """
    index, newest = _Index(), 0
    for line in read_lines(file):
        entry = _decode(file.path, line)
        newest = max(newest, entry.epoch)
        if line.start != index.size:
            continue  # there is damage before it
        if isinstance(entry, _Epoch):
            index.add_epoch(entry.epoch, line.end)
        elif entry.n == index.last + 1:
            index.add_event(line.start, line.end)
    return index, newest


def _decode(path: Path, line: Line) -> _Epoch | Numbered:
    try:
        epoch = line.text.startswith(_EPOCH)
        return _decode_epoch(line.text) if epoch else _decode_event(line.text)
    except msgspec.MsgspecError as error:
        raise DiskError(f"{path} holds an entry that cannot be understood: {error}.") from error
