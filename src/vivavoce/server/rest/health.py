"""Is it alive, can it work, what can it do."""

import asyncio
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Response

from vivavoce import __version__, plugins
from vivavoce.core.errors import VivavoceError
from vivavoce.dialects.native_messages import MAX_MESSAGE
from vivavoce.library.export import FORMATS
from vivavoce.server.rest.models import Engine, Health, Info, LanguageModel, Limits, Ready
from vivavoce.server.services import Allowed, Parts

PATIENCE: Final = 5.0
"""Seconds that each store may take to say that it works."""

router = APIRouter(tags=["server"])
info = APIRouter(tags=["server"])


@router.get("/health")
async def health() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/ready", responses={503: {"model": Ready, "description": "Not yet, or not now."}})
async def ready(parts: Parts, response: Response) -> Ready:
    """An engine of the chain is loaded, what is said can be kept, and the server is not stopping:
    then nobody new is to be sent here."""
    found = Ready(
        ready=False,
        server="stopping" if parts.hub.draining else "ok",
        engine="ok" if parts.engines.ready else "loading",
        data_dir=await asyncio.to_thread(_writable, parts.settings.data_dir),
        library=await _works(parts.repository.check(), "library"),
        blobs=await _works(parts.blobs.check(), "store of the audio"),
        redis=await parts.replicas.reached(),
    )
    parts_of_it = found.server, found.engine, found.data_dir, found.library, found.blobs
    if set(parts_of_it) == {"ok"}:
        return found.model_copy(update={"ready": True})
    response.status_code = 503
    return found


@info.get("/info")
async def about(parts: Parts, most: Allowed) -> Info:
    """What this server is and can do."""
    settings = parts.settings
    model = parts.summariser.model
    return Info(
        version=__version__,
        engine=msgspec.to_builtins(parts.engines.default.capabilities),
        chain=list(settings.engines),
        engines=await asyncio.to_thread(_engines),
        limits=Limits(
            max_upload_mb=most.upload_mb,
            connections=most.connections,
            requests_per_minute=most.requests,
            audio_minutes_per_day=most.minutes,
            max_frame=MAX_MESSAGE,
            grace=settings.grace_s,
        ),
        formats=FORMATS,
        bin_days=settings.bin_days,
        email=parts.deliveries.server is not None,
        language_model=model and LanguageModel(model=model.name),
    )


def _writable(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 4096)
    except OSError as error:
        return f"{folder} cannot be written: {error.strerror}."
    return "ok"


async def _works(check: Coroutine[Any, Any, None], what: str) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await check
    except VivavoceError as error:
        return error.message
    except TimeoutError:
        return f"The {what} gives no answer."
    return "ok"


def _engines() -> list[Engine]:
    """As they are now: `vivavoce models pull` may just have brought what one of them lacked."""
    return [
        Engine(
            name=found.name,
            installed=found.installed,
            capabilities=msgspec.to_builtins(found.capabilities),
            hint=found.hint,
        )
        for found in plugins.available()
    ]
