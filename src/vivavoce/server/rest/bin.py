"""The bin: what is put there is hidden, and deleted for good some days later."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from fastapi import APIRouter

from vivavoce.core.errors import NotFound
from vivavoce.live.regularly import regularly
from vivavoce.server.errors import StillLive
from vivavoce.server.rest.models import Error, Recording
from vivavoce.server.services import Found, Owner, Parts, Services

EVERY: Final = 3600.0
"""Seconds between two looks into the bin."""

AT_ONCE: Final = 100
"""Recordings looked up at a time."""

NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Error, "description": "There is no such recording."}
}
LIVE: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Error, "description": "It is still live."}
}

router = APIRouter(tags=["recordings"])
log = structlog.get_logger()

_now = partial(datetime.now, UTC)


@router.post("/recordings/{id}/bin", responses=NOT_FOUND | LIVE)
async def put(recording: Found, parts: Parts, owner: Owner) -> Recording:
    """Put a recording into the bin; at once for good where the server keeps no bin."""
    if recording.state == "live":
        raise StillLive(f"The recording {recording.id} is still live; end it first.")
    binned = await parts.repository.bin(owner, recording.id, recording.deleted_at or _now())
    if not parts.settings.bin_days:
        await parts.forget(owner, recording.id)
    return Recording.of(binned, parts.settings)


@router.delete("/recordings/{id}/bin", responses=NOT_FOUND)
async def restore(recording: Found, parts: Parts, owner: Owner) -> Recording:
    """Take a recording out of the bin."""
    restored = await parts.repository.bin(owner, recording.id, None)
    return Recording.of(restored, parts.settings)


async def keep_emptying(parts: Services, now: Callable[[], datetime] = _now) -> None:
    """Empty the bin now and every hour, until cancelled. What fails is tried again then."""
    await regularly(lambda: empty(parts, now()), EVERY, "empty the bin")


async def empty(parts: Services, now: datetime) -> None:
    """Delete what has been in the bin for `bin_days`. Raises `DiskError`."""
    before = now - timedelta(days=parts.settings.bin_days)
    while binned := await parts.repository.binned(before, AT_ONCE):
        for owner, id in binned:
            with suppress(NotFound):  # another process was here
                found = await parts.repository.get(owner, id)
                if found.deleted_at is not None:  # or it was taken out meanwhile
                    await parts.forget(owner, id, tidy=id == binned[-1][1])
                    log.info("deleted from the bin", recording=id)
