"""The records of the `frames` file, and what they prove after a crash.

One record of 32 bytes for every wire frame; frame `n` is record `n`. Big-endian:

| bytes | field   | meaning                                                             |
|-------|---------|---------------------------------------------------------------------|
| 8     | frame   | the frame's number, from 0                                          |
| 8     | end     | where its payload ends in `audio`; it begins where the last one ends |
| 8     | durable | how many frames were known to be fsynced when this was written      |
| 4     | payload | crc32 of the payload                                                |
| 4     | record  | crc32 of the 28 bytes before                                        |

`durable` makes recovery cheap and safe: everything below it is on the disk and is neither
read again nor ever cut, however long the session; only what came after it is proved.
"""

import struct
import zlib
from pathlib import Path
from typing import NamedTuple, Protocol

from vivavoce.core.errors import DiskError

MAX_RECORDED = 262_144
"""Bytes of the largest payload that is recorded; a wire may take less."""

_RECORD = struct.Struct(">QQQI")
_CHECK = struct.Struct(">I")
RECORD_SIZE = _RECORD.size + _CHECK.size


class Stored(Protocol):
    """A file up to `size` bytes, by whoever writes it or by one who only reads."""

    @property
    def path(self) -> Path: ...

    @property
    def size(self) -> int: ...

    def read(self, at: int, count: int) -> bytes:
        """The bytes from `at` on, fewer at the end. Raises DiskError."""
        ...


class Record(NamedTuple):
    frame: int
    end: int
    durable: int
    payload: int

    def pack(self) -> bytes:
        body = _RECORD.pack(*self)
        return body + _CHECK.pack(zlib.crc32(body))


class Kept(NamedTuple):
    """So many frames, ending at that byte of `audio`."""

    frames: int
    end: int


def read_record(frames: Stored, frame: int) -> Record | None:
    """The record of a frame, None when there is no whole one."""
    data = frames.read(frame * RECORD_SIZE, RECORD_SIZE)
    body, check = data[: _RECORD.size], data[_RECORD.size :]
    if check != _CHECK.pack(zlib.crc32(body)):
        return None
    record = Record(*_RECORD.unpack(body))
    return record if record.frame == frame else None


def recover(frames: Stored, audio: Stored) -> tuple[Kept, Kept]:
    """What was fsynced for certain, and all that is whole. Changes nothing.

    Raises DiskError when what was fsynced is not there: no crash does that, so nothing may
    be cut before somebody has looked.
    """
    certain = _certain(frames, audio)
    kept = certain
    while (record := read_record(frames, kept.frames)) is not None:
        size = record.end - kept.end
        if not 0 <= size <= MAX_RECORDED:
            break
        payload = audio.read(kept.end, size)
        if len(payload) != size or zlib.crc32(payload) != record.payload:
            break
        kept = Kept(kept.frames + 1, record.end)
    return certain, kept


def _certain(frames: Stored, audio: Stored) -> Kept:
    """What the last whole record says was fsynced when it was written."""
    for frame in reversed(range(frames.size // RECORD_SIZE)):
        if (record := read_record(frames, frame)) is not None:
            break
    else:
        return Kept(0, 0)
    if record.durable == 0:
        return Kept(0, 0)
    last = read_record(frames, record.durable - 1)
    if last is None or last.end > audio.size:
        raise DiskError(
            f"{audio.path.parent} is damaged: of the {record.durable} frames that were "
            "safe there, the last is not whole."
        )
    return Kept(record.durable, last.end)
