"""What `vivavoce doctor` looks at where several servers share live sessions."""

import asyncio
import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from vivavoce.cli.finding import Finding
from vivavoce.config import Settings
from vivavoce.core.errors import Held
from vivavoce.journal.lease import Lease


def redis_answers(settings: Settings) -> Finding:
    """A server serves without it, too, but shares nothing meanwhile."""
    if settings.redis is None:
        return Finding("Redis", "none: one server")
    try:
        from vivavoce.live.replicas.redis_log import RedisError, RedisLog
    except ModuleNotFoundError:
        return Finding("Redis", "its client is missing", "pip install 'vivavoce[redis]'")

    async def asked(url: str) -> None:
        log = RedisLog(url)
        try:
            await log.ping()
        finally:
            await log.close()

    try:
        asyncio.run(asked(settings.redis))
    except RedisError as error:
        return Finding("Redis", f"{error}", "Look at VIVAVOCE_REDIS_URL.", needed=False)
    parts = urlsplit(settings.redis)
    return Finding("Redis", f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}")


def volume_serves(settings: Settings) -> Finding:
    """Whether what the data directory is on has what servers need that share it. Whether a lock
    that one of them takes is one for the others too, is not seen from here."""
    if settings.redis is None:
        return Finding("Volume", "of one server", needed=False)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=settings.data_dir) as own:
            lacking = _lacking(Path(own))
    except OSError as error:
        lacking = f"it cannot be written ({error.strerror})"
    if lacking:
        mend = "Give each server a data directory of its own, on a disk."
        return Finding("Volume", f"not to be shared: {lacking}", mend, needed=False)
    return Finding("Volume", "has locks, links and fsync")


def _lacking(folder: Path) -> str:
    """What does not work there; nothing: all does."""
    try:
        held = Lease(folder)
    except Held:
        return "it has no locks"
    try:
        Lease(folder).release()
        return "its locks keep nobody out"
    except Held:
        pass
    finally:
        held.release()
    draft = folder / "draft"
    try:
        with draft.open("wb") as file:
            file.write(b"\0" * 4096)
            os.fsync(file.fileno())
        (folder / "link").hardlink_to(draft)
    except OSError as error:
        return f"it lacks fsync or links ({error.strerror})"
    return ""
