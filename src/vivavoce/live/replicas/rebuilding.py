"""A journal made anew, of what all servers know of a session whose own server is away.

The events are all there, and so is where the audio was at each second. What is not is the audio:
silence stands for it up to a place before anything undecided, and from there on the client is
asked to send again. What the client has not kept either is skipped (`Journal.skip`).
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from vivavoce.core.commands import Finish
from vivavoce.core.errors import Held
from vivavoce.core.events import Gap, Numbered
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.journal.appendfile import AppendFile
from vivavoce.journal.controls import unpacked
from vivavoce.journal.disk import Disk, disk_errors
from vivavoce.journal.folder import HEADER, SessionHeader
from vivavoce.journal.frames import MAX_RECORDED, Record
from vivavoce.journal.lacking import AWAY, Lacking, silence, write_lacking
from vivavoce.journal.lines import line
from vivavoce.live.replicas.redis_log import Place
from vivavoce.live.said import said

AHEAD: Final = 600
"""Frames that a server may have taken since it last told where the audio is."""

CHUNK: Final = 1 << 20


def can_be_made(header: SessionHeader) -> bool:
    """Whether a session may be gone on with by who has not its first bytes."""
    return header.format.encoding != "container"


def away(session: str) -> Held:
    return Held(f"The server with the session {session} is away; try again.")


def rebuild(
    folder: Path,
    header: SessionHeader,
    events: Sequence[Numbered],
    places: Sequence[Place],
    asked: Iterable[bytes],
    disk: Disk,
) -> None:
    """Write the folder, durably, as if a server had left it. Blocks.

    Raises `Held` when too little is known to go on, and `DiskError`.
    """
    if not can_be_made(header) or not _whole(events):
        raise away(header.session)
    decided = _bytes(said(numbered.event for numbered in events).resume, header.format)
    base = _base(places, decided)
    with disk_errors(folder):
        disk.make_folder(folder)
        _write(folder / "audio", _silent(header, base.bytes), disk)
        _write(folder / "frames", _records(base), disk)
        _write(folder / "controls", _controls(asked, base.bytes), disk)
        _write(folder / "events", _log(events, _unheard(header.format, decided, base)), disk)
    payload = _payload(places, header.format)
    until = places[-1].frames + AHEAD if places else 0
    write_lacking(folder, Lacking(((0, base.bytes),), payload, until), disk)
    with disk_errors(folder):  # last: it makes the session
        disk.write_whole(folder / HEADER, msgspec.json.encode(header))


def _bytes(position: int, format: AudioFormat) -> int:
    return position * format.rate // SAMPLE_RATE * format.frame_bytes


def _whole(events: Sequence[Numbered]) -> bool:
    return bool(events) and [one.n for one in events] == [*range(1, len(events) + 1)]


def _base(places: Sequence[Place], decided: int) -> Place:
    """The last place that is known and before which all is decided; else the first known."""
    before = [place for place in places if place.bytes <= decided]
    return before[-1] if before else places[0] if places else Place(0, 0)


def _payload(places: Sequence[Place], format: AudioFormat) -> int:
    """What a frame had of late."""
    frames = places[-1].frames - places[0].frames if places else 0
    size = (places[-1].bytes - places[0].bytes) // frames if frames else format.frame_bytes
    return min(size, MAX_RECORDED) // format.frame_bytes * format.frame_bytes


def _silent(header: SessionHeader, size: int) -> Iterator[bytes]:
    for start in range(0, size, CHUNK):
        yield silence(header.format.encoding, min(CHUNK, size - start))


def _records(base: Place) -> Iterator[bytes]:
    """Where each frame ended is not known, and not needed: that they are on the disk is."""
    for frame in range(base.frames):
        yield Record(frame, base.bytes * (frame + 1) // base.frames, base.frames, 0).pack()


def _controls(asked: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Those before the base; what comes behind it the client says again, a finish too."""
    for text in asked:
        at, command = unpacked(text)
        if at <= size and not isinstance(command, Finish):
            yield line(text)


def _unheard(format: AudioFormat, decided: int, base: Place) -> Gap | None:
    """What is lost whatever the client has."""
    if base.bytes <= decided:
        return None
    return Gap(start=format.position(decided), end=format.position(base.bytes), reason=AWAY)


def _log(events: Sequence[Numbered], gap: Gap | None) -> Iterator[bytes]:
    if gap is not None:
        events = [*events, Numbered(len(events) + 1, events[-1].epoch, gap)]
    epoch = 0
    for numbered in events:
        if numbered.epoch != epoch:
            epoch = numbered.epoch
            yield line(msgspec.json.encode({"epoch": epoch}))
        yield line(msgspec.json.encode(numbered))


def _write(path: Path, parts: Iterable[bytes], disk: Disk) -> None:
    file = AppendFile.create(disk, path)
    try:
        for part in parts:
            file.append(part)
        file.sync()
    finally:
        file.close()
