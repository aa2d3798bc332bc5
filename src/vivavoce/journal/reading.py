"""A session's folder as it lies there: read, and never written.

Its writer may be at work meanwhile, or dead: what is not whole yet is left out, and nothing is
locked, cut or mended. It is what `replay` and support look with.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vivavoce.core.errors import DiskError
from vivavoce.core.events import Numbered
from vivavoce.journal.controls import Control, read_controls
from vivavoce.journal.disk import disk_errors
from vivavoce.journal.folder import SessionHeader, read_header
from vivavoce.journal.frames import recover
from vivavoce.journal.lines import Readable, read_lines

_EVENT = b'{"n":'
_decode = msgspec.json.Decoder(Numbered).decode


class ReadOnly:
    """A file up to the size that it had when it was opened. Raises DiskError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with disk_errors(path):
            self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size

    def read(self, at: int, count: int) -> bytes:
        """The bytes from `at` on, fewer at the end."""
        with disk_errors(self.path):
            self._file.seek(at)
            return self._file.read(min(count, max(0, self.size - at)))

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class Left:
    """What a session's folder holds that is whole."""

    header: SessionHeader
    audio: ReadOnly
    frames: int
    size: int  # bytes of `audio` in those frames
    controls: tuple[Control, ...]
    events: tuple[Numbered, ...]


@contextmanager
def left(folder: Path) -> Iterator[Left]:
    """A session's folder, its audio open while the `with` lasts, also if it goes meanwhile.

    Raises NotFound when no session began there, DiskError when it is damaged.
    """
    header = read_header(folder)
    with ExitStack() as stack:

        def opened(name: str) -> ReadOnly:
            file = ReadOnly(folder / name)
            stack.callback(file.close)
            return file

        # What was written later is opened first: so it never speaks of what is not seen yet.
        events = tuple(_events(opened("events"))) if (folder / "events").exists() else ()
        frames, controls, audio = opened("frames"), opened("controls"), opened("audio")
        _, kept = recover(frames, audio)
        commands = tuple(c for c in read_controls(controls) if c.at <= kept.end)
        yield Left(header, audio, kept.frames, kept.end, commands, events)


def _events(file: Readable) -> Iterator[Numbered]:
    """In order, to the first that is missing."""
    due = 1
    for line in read_lines(file):
        if not line.text.startswith(_EVENT):
            continue
        try:
            numbered = _decode(line.text)
        except msgspec.MsgspecError as error:
            raise DiskError(f"{file.path} holds an entry that cannot be understood.") from error
        if numbered.n != due:
            return
        due += 1
        yield numbered
