r"""Checksummed lines: the crc32 of a JSON text as eight hex digits, a space, the text, `\n`.

A line that is torn, or that changed on the disk, is found by its checksum.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from vivavoce.core.errors import TooLarge
from vivavoce.journal.appendfile import AppendFile
from vivavoce.journal.disk import disk_errors

MAX_LINE = 1 << 20  # bytes; a longer one is not written, and not believed when read
CHUNK = 1 << 16


class Readable(Protocol):
    """A file that may be read up to `size` bytes."""

    @property
    def path(self) -> Path: ...

    @property
    def size(self) -> int: ...


class Line(NamedTuple):
    text: bytes  # the JSON
    start: int  # byte offset of the line
    end: int  # byte offset after it


def line(text: bytes) -> bytes:
    """A JSON text with its checksum."""
    return b"%08x %b\n" % (zlib.crc32(text), text)


def append_line(file: AppendFile, text: bytes) -> None:
    """Add one JSON text. Raises TooLarge, DiskError."""
    data = line(text)
    if len(data) > MAX_LINE:
        raise TooLarge(f"An entry of {len(data)} bytes is too long: {MAX_LINE} is the most.")
    file.append(data)


def read_lines(file: Readable, start: int = 0) -> Iterator[Line]:
    """Every whole line from byte `start` on, through to the file's end as it is by then.

    Lines that are not whole are passed over; recovery sees them as a hole between two
    lines. It reads by a descriptor of its own, so it may outlive the writer's. DiskError.
    """
    with disk_errors(file.path), file.path.open("rb", buffering=0) as source:
        source.seek(start)
        held = b""
        while data := source.read(min(CHUNK, max(0, file.size - start - len(held)))):
            *lines, held = (held + data).split(b"\n")
            for each in lines:
                end = start + len(each) + 1
                if (text := unpacked(each)) is not None:
                    yield Line(text, start, end)
                start = end
            if len(held) > MAX_LINE:  # no line of ours: let it go, keep the place
                start, held = start + len(held), b""


def unpacked(data: bytes) -> bytes | None:
    """The JSON in a line without its newline, None when the line is not whole."""
    text = data[9:]
    return text if data[:9] == b"%08x " % zlib.crc32(text) else None
