"""What a journal has not of its session's audio, because another server has it: silence stands
there, so that every position is as it would be.

A server that goes on with a session whose journal it has not (`live/replicas/rebuilding.py`)
asks the client from a place on that it knows. What the client has not either is skipped.
"""

from pathlib import Path
from typing import Final

import msgspec

from vivavoce.core.errors import DiskError
from vivavoce.core.types import SAMPLE_RATE, AudioFormat, Encoding
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


def samples(size: int, format: AudioFormat) -> int:
    """The position, of 16 kHz, after so many bytes."""
    return size // format.frame_bytes * SAMPLE_RATE // format.rate
