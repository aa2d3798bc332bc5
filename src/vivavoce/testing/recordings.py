"""Recordings put into a library as if a session had made them: for tests, and for what is too
long to be spoken in them."""

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from vivavoce.core.events import AnyEvent, Numbered
from vivavoce.library.blobs import ObjectBlobs
from vivavoce.library.recording import Changes, Recording, audio_key, new_id
from vivavoce.library.sql import SqlRepository


async def keep(
    data_dir: Path,
    title: str,
    events: Sequence[AnyEvent],
    audio: bytes | None = None,
    owner: str = "local",
) -> str:
    """Put a recording with these events, the last an `Ended`, and the audio (a WAV file) into a
    library that a server may have open; its id."""
    repository = await SqlRepository.open(data_dir)
    try:
        id = new_id()
        row = Recording(id=id, owner=owner, title=title, created_at=datetime.now(UTC), state="live")
        await repository.create(row)
        if audio is not None:
            await _keep_audio(data_dir, id, audio)
        changes = Changes(
            state="done", reason="finished", media_type="audio/wav", bytes=len(audio or b"")
        )
        numbered = [Numbered(n, 1, event) for n, event in enumerate(events, 1)]
        await repository.seal(id, numbered, changes)
        return id
    finally:
        await repository.close()


async def annotate(data_dir: Path, id: str, events: Sequence[AnyEvent]) -> None:
    """Say these of a recording that has ended, as a machine or a person would."""
    repository = await SqlRepository.open(data_dir)
    try:
        await repository.annotate("local", id, lambda _: events)
    finally:
        await repository.close()


def kept(
    data_dir: Path,
    title: str,
    events: Sequence[AnyEvent],
    audio: bytes | None = None,
    owner: str = "local",
) -> str:
    """`keep`, for those who are in an event loop and cannot wait for it."""
    found: list[str] = []
    thread = Thread(
        target=lambda: found.append(asyncio.run(keep(data_dir, title, events, audio, owner)))
    )
    thread.start()
    thread.join()
    return found[0]


async def _keep_audio(data_dir: Path, id: str, audio: bytes) -> None:
    blobs = ObjectBlobs.local(data_dir / "blobs")
    with tempfile.TemporaryDirectory(prefix="vivavoce-") as folder:
        path = Path(folder) / "audio.wav"
        path.write_bytes(audio)
        await blobs.put_file(audio_key(id), path, "audio/wav")
