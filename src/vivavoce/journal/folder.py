"""A session's folder: its header, its files opened for one writer, and its end."""

import shutil
from datetime import datetime
from pathlib import Path

import msgspec

from vivavoce.core.commands import Options
from vivavoce.core.errors import DiskError, NotFound
from vivavoce.core.types import AudioFormat
from vivavoce.journal.appendfile import AppendFile
from vivavoce.journal.controls import read_controls
from vivavoce.journal.disk import Disk, disk_errors
from vivavoce.journal.frames import RECORD_SIZE, recover

HEADER = "session.json"


class SessionHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a session from its first moment."""

    session: str
    owner: str
    token_sha256: str  # hex; the token itself is the client's
    format: AudioFormat
    options: Options
    created_at: datetime  # aware, UTC
    media: str | None = None  # media type of a container, where the client named it
    kept: bool = True  # False: to be forgotten when the session ends


def read_header(folder: Path) -> SessionHeader:
    """Raises NotFound when no session began there, DiskError when it cannot be read."""
    path = folder / HEADER
    try:
        with disk_errors(path):
            return msgspec.json.decode(path.read_bytes(), type=SessionHeader)
    except DiskError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise NotFound(f"There is no session {folder.name}.") from error
        raise
    except msgspec.MsgspecError as error:
        raise DiskError(f"{path} is damaged: {error}.") from error


class Files:
    """The three files that are appended to, and the right to do so."""

    def __init__(self, folder: Path, disk: Disk, *, create: bool) -> None:
        with disk_errors(folder):
            self.lease = disk.lock(folder)
        opened: list[AppendFile] = []
        try:
            for name in ("audio", "frames", "controls"):
                way = AppendFile.create if create else AppendFile.open
                opened.append(way(disk, folder / name))
        except DiskError:
            for file in opened:
                file.close()
            self.lease.release()
            raise
        self.audio, self.frames, self.controls = opened

    def close(self) -> None:
        for file in (self.audio, self.frames, self.controls):
            file.close()
        self.lease.release()


def create_files(folder: Path, header: SessionHeader, disk: Disk) -> Files:
    """Begin a session, durably, or leave nothing. Blocks. Raises DiskError."""
    with disk_errors(folder):
        disk.make_folder(folder)
    try:
        files = Files(folder, disk, create=True)
        try:
            with disk_errors(folder / HEADER):  # last: it makes the session
                disk.write_whole(folder / HEADER, msgspec.json.encode(header))
        except DiskError:
            files.close()
            raise
    except DiskError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return files


def delete_folder(folder: Path, disk: Disk) -> None:
    """The header goes first, durably, so that a power cut cannot bring half a session back."""
    with disk_errors(folder):
        _unmake(folder, disk)
        shutil.rmtree(folder)


def discard(folder: Path, disk: Disk) -> None:
    """Delete a session that nobody can open. Blocks. Raises Held, DiskError."""
    with disk_errors(folder):
        lease = disk.lock(folder)
        try:
            _unmake(folder, disk)
        finally:
            lease.release()  # before the rest: not every system deletes an open file
    delete_folder(folder, disk)


def open_files(folder: Path, disk: Disk) -> tuple[SessionHeader, Files]:
    """Take a session up: what is whole, all of it durable. Blocks. NotFound, Held, DiskError."""
    header = read_header(folder)
    files = Files(folder, disk, create=False)
    try:
        certain, kept = recover(files.frames, files.audio)
        files.audio.restore(certain.end, kept.end)
        files.frames.restore(certain.frames * RECORD_SIZE, kept.frames * RECORD_SIZE)
        files.controls.restore(0, _controls_size(files.controls, kept.end))
    except DiskError:
        files.close()
        raise
    return header, files


def _unmake(folder: Path, disk: Disk) -> None:
    if (folder / HEADER).exists():
        disk.unlink(folder / HEADER)
        disk.sync_folder(folder)


def _controls_size(controls: AppendFile, audio_end: int) -> int:
    """Bytes of the commands whose place in the audio is still there."""
    size = 0
    for control in read_controls(controls):
        if control.at > audio_end:
            break
        size = control.end
    return size
