"""Journals that were left here when other servers went on with their sessions.

They lie in `left/`, and when such a session is in the library its recording gets the audio that
only this server had.
"""

import asyncio
import secrets
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

import structlog

from vivavoce.audio.wav import wav_header
from vivavoce.core.errors import NotFound, VivavoceError
from vivavoce.core.events import Ended
from vivavoce.journal.disk import Disk, disk_errors
from vivavoce.journal.folder import SessionHeader
from vivavoce.journal.journal import read_header
from vivavoce.journal.lacking import had
from vivavoce.library.blobs import Blobs
from vivavoce.library.recording import UNFINISHED, audio_key
from vivavoce.library.repository import Repository
from vivavoce.live.replicas.one_folder import read_events

log = structlog.get_logger()

COPIED: Final = 1 << 20
"""Bytes copied at a time."""

WAV: Final = "audio/wav"


class Left:
    """Those of one data directory. Any method may raise `DiskError`."""

    def __init__(self, data_dir: Path, repository: Repository, blobs: Blobs, disk: Disk) -> None:
        self._folder = data_dir / "left"
        self._repository = repository
        self._blobs = blobs
        self._disk = disk

    async def take(self, folder: Path) -> None:
        """Put a journal here, if it is there."""
        with disk_errors(folder):
            await asyncio.to_thread(self._take, folder)

    async def over(self, folder: Path) -> bool:
        """Whether this session is in the library."""
        with suppress(NotFound):
            header = await asyncio.to_thread(read_header, folder)
            return header.kept and await self._sealed(header)
        return False

    async def ended(self, folder: Path) -> bool:
        """Whether it ended here: its last word is in its log."""
        return await asyncio.to_thread(
            lambda: any(isinstance(numbered.event, Ended) for numbered in read_events(folder))
        )

    async def give_back(self) -> None:
        """Add what is here to recordings that have ended."""
        if not self._folder.is_dir():
            return
        for folder in sorted(self._folder.iterdir()):
            try:
                if await self._give(folder):
                    await asyncio.to_thread(shutil.rmtree, folder)
            except VivavoceError as error:
                log.warning("cannot give audio back", session=folder.name, reason=error.message)

    async def _give(self, folder: Path) -> bool:
        """True: it need not be kept any more. Not so when the recording has just got it: another
        server may be adding what it has, and whoever is later has overwritten the other."""
        try:
            header = await asyncio.to_thread(read_header, folder)
            if not header.kept or header.format.encoding == "container":
                return True
            if not await self._sealed(header):
                return False
            with tempfile.TemporaryDirectory(dir=folder) as room:
                return not await self._mend(header, folder, Path(room) / "audio.wav")
        except NotFound:  # the recording was deleted, or its audio by a rule
            return True

    async def _sealed(self, header: SessionHeader) -> bool:
        kept = await self._repository.get(header.owner, header.session)
        return kept.state not in UNFINISHED

    async def _mend(self, header: SessionHeader, folder: Path, copy: Path) -> bool:
        """Whether the recording lacked something."""
        key = audio_key(header.session)
        size = await self._blobs.size(key)
        with disk_errors(copy), copy.open("wb") as file:
            async for part in self._blobs.stream(key, 0, size):
                file.write(part)
        if lacked := await asyncio.to_thread(_overlay, copy, header, folder):
            await self._blobs.put_file(key, copy, WAV)
            log.info("gave audio back", session=header.session)
        return lacked

    def _take(self, folder: Path) -> None:
        if folder.is_dir():
            self._folder.mkdir(exist_ok=True)
            # A session may come and go more than once.
            self._disk.rename(folder, self._folder / f"{folder.name}.{secrets.token_hex(4)}")
            self._disk.sync_folder(self._folder)


def _overlay(copy: Path, header: SessionHeader, folder: Path) -> bool:
    """Write the samples that are here over the same ones of a recording: they are the same bytes
    where it has them, and silence where it has not. Whether there were any such."""
    with disk_errors(folder), (folder / "audio").open("rb") as own, copy.open("r+b") as file:
        offset = len(wav_header(header.format, 0))
        most = copy.stat().st_size - offset
        lacked = False
        for start, end in had(folder, most):
            lacked |= _copy(own, file, start, end, offset)
    return lacked


def _copy(own: BinaryIO, file: BinaryIO, start: int, end: int, offset: int) -> bool:
    """Bytes of samples from `start` up to `end`, which are `offset` further in the recording.
    Whether any were others there."""
    own.seek(start)
    lacked = False
    while start < end and (data := own.read(min(COPIED, end - start))):
        file.seek(offset + start)
        if file.read(len(data)) != data:
            file.seek(offset + start)
            file.write(data)
            lacked = True
        start += len(data)
    return lacked
