"""The `use` file of a live session: how many samples each engine was sent.

One checksummed line (`journal/lines.py`), written over itself, so that it does not grow with
the session. Every count is written at once and survives our own death; it is never fsynced, for
that would cost every session another fsync, so a power cut may take the latest counts.
"""

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path

from vivavoce.core.types import Use
from vivavoce.journal.disk import Disk, DiskFile
from vivavoce.journal.lines import line, unpacked

FILE = "use"
ROOM = 256  # bytes: the line is padded to a multiple, so that a full disk seldom refuses it


class Uses:
    """What a session sent to engines so far, an earlier process's part of it included.

    A disk that does not take it costs nothing but the memory of it: the next count is whole.
    """

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._path = folder / FILE
        self._disk = disk
        self._file: DiskFile | None = None
        self._closed = False
        self._samples = _read(self._path)

    @property
    def all(self) -> tuple[Use, ...]:
        """In order of engine and model."""
        return tuple(Use(*key, samples) for key, samples in sorted(self._samples.items()))

    def add(self, engine: str, model: str, samples: int) -> None:
        """So many more were sent."""
        if samples:
            self._samples[engine, model] += samples
            self._write()

    def clear(self) -> None:
        """All of it is counted elsewhere."""
        self._samples.clear()
        self._write()

    def close(self) -> None:
        self._closed = True
        if self._file is not None:
            self._file.close()

    def _write(self) -> None:
        if self._closed:
            return
        text = json.dumps([[*key, samples] for key, samples in self._samples.items()]).encode()
        padded = text.ljust(-(-(len(text) + 10) // ROOM) * ROOM - 10)  # 10: checksum and newline
        with suppress(OSError):
            if self._file is None:
                there = self._path.exists()
                self._file = (self._disk.open if there else self._disk.create)(self._path)
            self._file.write(0, memoryview(line(padded)))


def _read(path: Path) -> Counter[tuple[str, str]]:
    with suppress(OSError):
        text = unpacked(path.read_bytes().partition(b"\n")[0])
        if text is not None:
            return Counter({(engine, model): n for engine, model, n in json.loads(text)})
    return Counter()
