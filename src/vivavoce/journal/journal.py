"""A live session's audio and commands, on disk before anything else sees them.

A session is a folder; its name is the session's id:

| file           | written     | holds                                                     |
|----------------|-------------|-----------------------------------------------------------|
| `session.json` | once, whole | SessionHeader; without it the session never began         |
| `audio`        | appended    | the frames' payloads, one after another, exactly as sent  |
| `frames`       | appended    | a 32-byte record per frame (`journal/frames.py`)             |
| `controls`     | appended    | commands at their byte of `audio` (`journal/controls.py`)    |
| `events`       | appended    | what the session said (`journal/eventlog.py`)                |
| `lacking`      | whole       | what other servers have of `audio` (`journal/lacking.py`) |
| `use`          | over itself | seconds sent to each engine so far (`journal/uses.py`)    |
| `lock`         | never       | held by the process that may write (`journal/lease.py`)      |

So `audio` of a container *is* the uploaded file, may be read while it grows, and is sealed
by moving it. Appends are written at once, which survives our own death, and fsynced soon
(`journal/commit.py`), which survives a power cut; only then are they acknowledged.
"""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

from msgspec import structs

from vivavoce.core.commands import Finish
from vivavoce.core.errors import DiskError, FrameGap, Gone, TooLarge
from vivavoce.journal.bell import Bell
from vivavoce.journal.commit import Committer
from vivavoce.journal.controls import ControlCommand, Controls, append_control, read_controls
from vivavoce.journal.folder import (
    Files,
    SessionHeader,
    create_files,
    delete_folder,
    open_files,
    read_header,
)
from vivavoce.journal.frames import MAX_RECORDED, RECORD_SIZE, Record
from vivavoce.journal.lacking import read_lacking, silence, write_lacking
from vivavoce.journal.uses import Uses

__all__ = ["Journal", "SessionHeader", "read_header"]


class Journal:
    """One session's journal, for its one writer; a `Growth` for any number of readers.

    Made by `create` or `open`. It keeps nothing in memory that grows with the session.
    """

    def __init__(self, header: SessionHeader, files: Files, committer: Committer) -> None:
        self.header = header
        self.audio_path = files.audio.path
        self.folder = self.audio_path.parent
        self.next_frame = files.frames.size // RECORD_SIZE
        self.size = files.audio.size  # bytes of `audio` that may be read
        self.complete = any(isinstance(c.command, Finish) for c in read_controls(files.controls))
        self.uses = Uses(self.folder, committer.disk)
        self._files = files
        frames = self.next_frame
        self._sound = committer.track(files.audio, files.frames, mark=frames, acknowledged=True)
        self._commands = committer.track(files.controls, mark=files.controls.size)
        self._grown = Bell()
        self._lacking = read_lacking(self.folder)
        self._resumed = False  # whether audio came since it was opened
        self._disk = committer.disk
        self._closed = False

    @classmethod
    async def create(cls, folder: Path, header: SessionHeader, committer: Committer) -> "Journal":
        """Begin a session in a folder that is not there yet, durably. Raises DiskError."""
        files = await asyncio.to_thread(create_files, folder, header, committer.disk)
        return cls(header, files, committer)

    @classmethod
    async def open(cls, folder: Path, committer: Committer) -> "Journal":
        """Take a session up again; what it then holds is durable.

        Cuts what a crash left half-written, and nothing that was ever acknowledged. Raises
        NotFound, Held (another process has it), DiskError.
        """
        header, files = await asyncio.to_thread(open_files, folder, committer.disk)
        return cls(header, files, committer)

    @property
    def acknowledged(self) -> int:
        """The last frame that is durable, with all before it; -1: none."""
        return self._sound.mark - 1

    def append(self, frame: int, payload: bytes) -> bool:
        """Write a frame. False: it is held already; acknowledge it (again) once durable.

        Raises FrameGap, TooLarge, Gone (after Finish), and DiskError, after which nothing of
        the frame is kept and the client may send it again.
        """
        self._sound.mend()
        if frame < self.next_frame:
            return False
        if frame > self.next_frame:
            raise FrameGap(self.next_frame, frame)
        if len(payload) > MAX_RECORDED:
            raise TooLarge(f"Frame {frame} has {len(payload)} bytes; {MAX_RECORDED} is the most.")
        self._refuse_if_complete()
        self._write(frame, payload)
        self.size, self.next_frame, self._resumed = self._files.audio.size, frame + 1, True
        self._sound.wrote(self.next_frame)
        self._grown.ring()
        return True

    def skip(self, frame: int) -> tuple[int, int] | None:
        """Go on at this frame, where neither we nor the client have those before: silence stands
        for them. The bytes where it does; None: it is not so, and the client is to send them.

        Raises as `append`.
        """
        lacking = self._lacking
        if lacking is None or self._resumed or not self.next_frame < frame <= lacking.until:
            return None
        start = self.size
        for missing in range(self.next_frame, frame):
            self.append(missing, silence(self.header.format.encoding, lacking.payload))
        skipped = start, self.size
        self._lacking = structs.replace(lacking, ranges=(*lacking.ranges, skipped), until=0)
        write_lacking(self.folder, self._lacking, self._disk)
        return skipped

    def control(self, command: ControlCommand) -> bool:
        """Write a command at this place in the audio. False: a Finish that is held already.

        Raises Gone (after Finish), TooLarge, DiskError.
        """
        self._commands.mend()
        if self.complete and isinstance(command, Finish):
            return False
        self._refuse_if_complete()
        append_control(self._files.controls, self.size, command)
        self.complete = isinstance(command, Finish)
        self._commands.wrote(self._files.controls.size)
        self._grown.ring()
        return True

    def stop(self) -> None:
        """Take no more: what came now would be acknowledged, and not be kept."""
        self.complete = True

    def controls(self) -> Controls:
        """A new reader of the commands, from the first on."""
        return Controls(self._files.controls)

    async def changed(self) -> None:
        """Return when there is more audio or another command, or the audio is complete.

        Look at the state first, and await nothing between the look and this.
        """
        await self._grown.wait()

    def wake(self) -> None:
        """Have whoever waits for a change look again: it has waited long enough."""
        self._grown.ring()

    async def durable(self, frame: int) -> None:
        """Return when this frame survives a power cut. Raises DiskError when it may not."""
        await self._sound.reached(frame + 1)

    async def settle(self) -> None:
        """Make all audio and every command durable; what failed before is tried again. Raises
        DiskError."""
        outcomes = await asyncio.gather(
            self._sound.settle(), self._commands.settle(), return_exceptions=True
        )
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def acks(self, after: int = -1) -> AsyncIterator[int]:
        """Each rise of `acknowledged` above `after`, until `close`. Raises DiskError."""
        while True:
            if self.acknowledged > after:
                after = self.acknowledged
                yield after
            elif self._closed:
                return
            elif self._sound.error is not None:
                raise self._sound.error
            else:
                await self._sound.changed.wait()

    async def close(self) -> None:
        """Commit what is pending and let the session go. Raises DiskError, closed anyway."""
        if self._closed:
            return
        self._closed = True
        try:
            await self.settle()
        finally:
            self.uses.close()
            self._files.close()
            self._sound.changed.ring()
            self._grown.ring()

    async def remove(self) -> None:
        """Close, and delete the folder with all that is in it."""
        with contextlib.suppress(DiskError):  # it need not be durable any more
            await self.close()
        await asyncio.to_thread(delete_folder, self.folder, self._disk)

    def _write(self, frame: int, payload: bytes) -> None:
        audio, mark = self._files.audio, self._files.audio.mark()
        audio.append(payload)
        record = Record(frame, audio.size, self._sound.mark, zlib.crc32(payload))
        try:
            self._files.frames.append(record.pack())
        except DiskError:
            audio.back(mark)
            raise

    def _refuse_if_complete(self) -> None:
        if self.complete or self._closed:
            raise Gone(f"The session {self.header.session} takes no more audio or commands.")
