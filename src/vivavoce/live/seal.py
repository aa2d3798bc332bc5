"""What becomes of a session that has ended: audio to the blobs, events to the tables.

What the client asked for goes with the audio, the header and the commands at their places in
it, so that a recording can be played again as it was sent (`live/recorded.py`).
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC
from pathlib import Path

from vivavoce.audio.sniff import HEAD, sniff
from vivavoce.audio.wav import wav_header
from vivavoce.core.errors import DiskError, NotFound
from vivavoce.core.events import Ended, Final, Numbered
from vivavoce.core.types import AudioFormat
from vivavoce.journal.disk import disk_errors
from vivavoce.journal.journal import Journal, SessionHeader
from vivavoce.library.blobs import Blobs
from vivavoce.library.recording import Changes, RecordingState, audio_key, folder
from vivavoce.library.repository import Repository
from vivavoce.live.news import News, NoNews

GOOD = ("finished", "abandoned")
"""Reasons to end after which everything that was said has been transcribed."""

ASKED = {"session.json": "application/json", "controls": "text/plain"}
"""Files of a session's folder that are kept beside its audio, and their media types."""


async def _anybody(_session: str) -> None:
    """There is only one."""


class Sealer:
    """Keeps what ended sessions leave. Doing it twice is the same as once."""

    def __init__(
        self,
        repository: Repository,
        blobs: Blobs,
        news: News | None = None,
        may_seal: Callable[[str], Awaitable[None]] = _anybody,
    ) -> None:
        """`may_seal` raises `Held` where another server has gone on with a session."""
        self._may_seal = may_seal
        self._repository = repository
        self._blobs = blobs
        self._news = news or NoNews()

    async def events(self, header: SessionHeader, after: int) -> AsyncIterator[Numbered]:
        """What a sealed session said above `after`; nothing if it was not kept."""
        if header.kept:
            with suppress(NotFound):
                async for numbered in self._repository.events(header.owner, header.session, after):
                    yield numbered

    async def seal(self, journal: Journal, events: list[Numbered]) -> None:
        """Keep the audio and the events; the journal may be removed then. Raises DiskError, and
        Held where that is not for us any more."""
        header = journal.header
        await self._may_seal(header.session)
        if not header.kept:
            await self.count(journal)
            return
        playable = await asyncio.to_thread(_playable, journal.audio_path, header.format)
        try:
            size = playable.stat().st_size
            media = await asyncio.to_thread(media_type, playable, header)
            await self._blobs.put_file(audio_key(header.session), playable, media)
            for name, asked in ASKED.items():
                key = f"{folder(header.session)}{name}"
                await self._blobs.put_file(key, journal.folder / name, asked)
        finally:  # kept or not: a copy must not stay on a disk that may be full
            if playable != journal.audio_path:
                playable.unlink(missing_ok=True)
        try:
            changes = _changes(events, media, size)
            await self._repository.seal(header.session, events, changes, journal.uses.all)
        except NotFound:  # deleted while it was transcribed
            await self._blobs.delete(folder(header.session))
            await self.count(journal)
        else:
            await self._news.tell(header.owner, "recording.finished", header.session)

    async def count(self, journal: Journal) -> None:
        """Keep of a session only what was sent to engines, in the totals. Raises DiskError.

        Once: what is counted is struck out of the journal.
        """
        header = journal.header
        if uses := journal.uses.all:
            day = header.created_at.astimezone(UTC).date()
            await self._repository.count(header.owner, day, uses)
            journal.uses.clear()


def media_type(path: Path, header: SessionHeader) -> str:
    """By the first bytes, else what the client said, else unknown."""
    with disk_errors(path), path.open("rb") as file:
        kind = sniff(file.read(HEAD))
    return kind.media_type if kind else header.media or "application/octet-stream"


def _playable(audio: Path, format: AudioFormat) -> Path:
    """Raw samples get a WAV header; a container is what the client sent, to the byte."""
    if format.encoding == "container":
        return audio
    playable = audio.with_name("audio.wav")
    size = audio.stat().st_size // format.frame_bytes * format.frame_bytes
    try:
        with disk_errors(playable), playable.open("wb") as out, audio.open("rb") as samples:
            header = out.write(wav_header(format, size))
            shutil.copyfileobj(samples, out, 1 << 20)
            out.truncate(header + size)  # half a sample is no sample
    except DiskError:
        playable.unlink(missing_ok=True)
        raise
    return playable


def _changes(events: list[Numbered], media: str, size: int) -> Changes:
    ended = next((e.event for e in reversed(events) if isinstance(e.event, Ended)), None)
    final = next((e.event for e in reversed(events) if isinstance(e.event, Final)), None)
    reason = ended.reason if ended else "abandoned"
    state: RecordingState = "done" if reason in GOOD else "failed"
    changes = Changes(state=state, reason=reason, media_type=media, bytes=size)
    if final is None:
        return changes
    return Changes(
        state=state,
        reason=reason,
        media_type=media,
        bytes=size,
        engine=final.engine,
        model=final.model,
        language=final.language,
    )
