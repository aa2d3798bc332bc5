"""What a journal has not of its session's audio, because another server has it: silence stands
there, so that every position is as it would be.

A server that goes on with a session whose journal it has not (`live/replicas/rebuilding.py`)
asks the client from a place on that it knows. What the client has not either is skipped.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from vivavoce.core.errors import DiskError
from vivavoce.core.types import Encoding
from vivavoce.journal.disk import Disk, disk_errors

FILE: Final = "lacking"

AWAY: Final = "the server that had this part is away"
"""Why something was not heard."""

_SILENCE: Final = {"mulaw": b"\xff", "alaw": b"\xd5"}


class Lacking(msgspec.Struct, frozen=True):
    """`ranges`: bytes of `audio` that are silence, in order. `payload`: bytes of a frame there.
    `until`: the last frame that the client may go on at; 0 when it has."""

    ranges: tuple[tuple[int, int], ...]
    payload: int
    until: int


def had(folder: Path, size: int) -> Iterator[tuple[int, int]]:
    """Where in the first `size` bytes of a journal's audio there is what was sent, in order.
    Raises DiskError."""
    lacking, start = read_lacking(folder), 0
    for silent, end in [*(lacking.ranges if lacking else ()), (size, size)]:
        yield start, min(silent, size)
        start = end


def silence(encoding: Encoding, size: int) -> bytes:
    """So many bytes in which nothing is heard."""
    return _SILENCE.get(encoding, b"\0") * size


def read_lacking(folder: Path) -> Lacking | None:
    """None: it has all. Raises DiskError."""
    path = folder / FILE
    with disk_errors(path):
        if not path.exists():
            return None
        data = path.read_bytes()
    try:
        return msgspec.json.decode(data, type=Lacking)
    except msgspec.MsgspecError as error:
        raise DiskError(f"{path} is damaged: {error}.") from error


def write_lacking(folder: Path, lacking: Lacking, disk: Disk) -> None:
    """Durably. Raises DiskError."""
    path = folder / FILE
    with disk_errors(path):
        disk.write_whole(path, msgspec.json.encode(lacking))
