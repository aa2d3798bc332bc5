"""A recording's loudness over its length, for the picture of it: computed once, then kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from vivavoce.audio.peaks import MOST, Peaks
from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.core.errors import DiskError, NotFound
from vivavoce.core.types import AudioFormat
from vivavoce.library.blobs import Blobs
from vivavoce.library.recording import Recording, audio_key, folder
from vivavoce.library.retention import check_audio
from vivavoce.server.errors import check_ended
from vivavoce.server.rest.models import Error
from vivavoce.server.services import Found, Parts, Services

router = APIRouter(tags=["recordings"])

_one: Final = asyncio.Semaphore(1)
"""One recording is read at a time: each takes a core and a copy on the disk."""


class Loudness(BaseModel):
    rate: float = Field(description="values for each second")
    peaks: list[int] = Field(
        description=f"the loudest sample of each stretch, 0 to 255; at most {MOST}"
    )


@router.get(
    "/recordings/{id}/peaks",
    response_model=Loudness,
    responses={
        404: {"model": Error, "description": "There is no such recording, or it has no audio."},
        409: {"model": Error, "description": "It is still live; this is there at its end."},
    },
)
async def peaks(recording: Found, parts: Parts) -> Response:
    """How loud the audio is over its length, as a waveform is drawn from."""
    check_ended(recording)
    check_audio(recording)
    key = f"{folder(recording.id)}peaks"
    found = await _kept(parts.blobs, key)
    if found is None:
        async with _one:
            found = await _kept(parts.blobs, key)  # somebody else may have asked for it
            if found is None:
                found = await _read(parts.blobs, recording, parts.settings.data_dir)
                await _keep(parts, recording, key, found)
    headers = {"Cache-Control": "private, max-age=3600"}  # it never changes
    return Response(found, media_type="application/json", headers=headers)


async def _kept(blobs: Blobs, key: str) -> bytes | None:
    try:
        size = await blobs.size(key)
        return b"".join([chunk async for chunk in blobs.stream(key, 0, size)])
    except NotFound:
        return None


async def _keep(parts: Services, recording: Recording, key: str, found: bytes) -> None:
    """Raises `NotFound` if it was deleted while it was read: then nothing of it may stay."""
    await parts.blobs.create(key, found)
    try:
        check_audio(await parts.repository.get(recording.owner, recording.id))
    except NotFound:
        await parts.blobs.remove(key)
        raise


async def _read(blobs: Blobs, recording: Recording, scratch: Path) -> bytes:
    """Raises `NotFound`, `BadAudio`, `DiskError`, `OurError`."""
    loudness = Peaks()
    async with _copy(blobs, recording, scratch) as path:
        blocks = read_audio(
            path, AudioFormat("container"), CompleteFile(path), name=recording.title
        )
        async with aclosing(blocks) as samples:
            async for block in samples:
                loudness.feed(block)
    return msgspec.json.encode({"rate": loudness.rate, "peaks": list(loudness.values)})


@asynccontextmanager
async def _copy(blobs: Blobs, recording: Recording, scratch: Path) -> AsyncIterator[Path]:
    """The audio as a file, which the decoder needs and an object store has not."""
    key = audio_key(recording.id)
    try:
        size = await blobs.size(key)
    except NotFound as error:
        raise NotFound(f"The recording {recording.id} has no audio.") from error
    try:
        with TemporaryDirectory(prefix="peaks-", dir=scratch) as name:
            path = Path(name) / "audio"
            with path.open("wb") as file:
                async for chunk in blobs.stream(key, 0, size):
                    await asyncio.to_thread(file.write, chunk)
            yield path
    except OSError as error:
        raise DiskError(f"The audio of {recording.id} cannot be copied: {error}") from error
