"""Deletes what the rules say, when they say it: beside the bin, and in the same manner."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from vivavoce.core.errors import Held, NotFound, VivavoceError
from vivavoce.journal.lease import Lease
from vivavoce.library.retention import Due, delete_audio
from vivavoce.library.texts import forget_text
from vivavoce.live.regularly import regularly
from vivavoce.server.services import Services

EVERY: Final = 600.0
"""Seconds between two looks at the rules."""

BROKEN: Final = 86_400.0
"""Seconds without a word after which a session is nobody's, whatever its state says."""

AT_ONCE: Final = 100
"""Recordings looked up at a time."""

log = structlog.get_logger()

_now = partial(datetime.now, UTC)


async def keep_rules(parts: Services, now: Callable[[], datetime] = _now) -> None:
    """Delete what is due now and every ten minutes, until cancelled. What fails is tried again."""
    await regularly(lambda: sweep(parts, now()), EVERY, "look what is to be deleted")


async def sweep(parts: Services, now: datetime) -> None:
    """Delete all that is due. Raises `DiskError`: the library cannot be read."""
    after = ""
    while found := await parts.retention.due(now, AT_ONCE, after):
        for due in found:
            try:
                await _let_go(parts, due, now)
            except (NotFound, Held):  # another process was here, or has it
                continue
            except VivavoceError as error:
                log.warning("cannot delete yet", recording=due.recording, reason=error.message)
        after = found[-1].recording


async def _let_go(parts: Services, due: Due, now: datetime) -> None:
    if due.live:
        await _broken(parts, due)
        return
    if due.last:
        await parts.forget(due.owner, due.recording)
        log.info("deleted by its rule", recording=due.recording)
        return
    # What a crash left of a session that is in the library would bring it all back.
    await parts.hub.cancel(due.recording)
    if due.audio:
        await parts.diarizing.forget(due.recording)
        await delete_audio(parts.blobs, due.recording)
        if await parts.retention.lose_audio(due.recording, now):
            log.info("audio deleted by its rule", recording=due.recording)
    if due.text:
        await forget_text(parts.blobs, due.recording)
        if await parts.retention.lose_text(due.recording, now):
            log.info("text deleted by its rule", recording=due.recording)


async def _broken(parts: Services, due: Due) -> None:
    """A session that no server can take up lies in its folder with all that it has: what goes
    first takes the rest along. One that runs, or may go on in a moment, is not touched."""
    folder = parts.settings.data_dir / "live" / due.recording
    if not await asyncio.to_thread(_left, folder):
        return
    await parts.forget(due.owner, due.recording)
    log.info("a broken session deleted by its rule", recording=due.recording)


def _left(folder: Path) -> bool:
    """Whether nobody has written a session for a day, nor could. Raises `Held`."""
    if not folder.is_dir():
        return False
    written = max(file.stat().st_mtime for file in (folder, *folder.iterdir()))
    Lease(folder).release()
    return time.time() - written > BROKEN
