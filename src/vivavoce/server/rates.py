"""What each address, each key and each owner has asked for lately, and whether they may more.

Counted by each server process for itself, in memory; by several that share a Redis, there. While
that cannot be asked nobody is refused: what is asked for is served, and the log says so.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final, Literal

import structlog
from limits import RateLimitItemPerDay, RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter
from limits.storage import storage_from_string

from vivavoce.config import Settings
from vivavoce.core.errors import QuotaSpent, Throttled
from vivavoce.core.types import SAMPLE_RATE

log = structlog.get_logger()

MEMORY: Final = "async+memory://"

NAMESPACE: Final = "vivavoce"

MINUTE: Final = 60_000  # milliseconds, in which audio is counted

OWNERS: Final = 10_000
"""Whose keys' own quotas are remembered."""

Kind = Literal["address", "key"]


class Rates:
    def __init__(self, settings: Settings) -> None:
        shared = settings.redis and f"async+{settings.redis}"
        options = {"implementation": "redispy"} if shared else {}
        kept = storage_from_string(shared or MEMORY, **options)
        assert isinstance(kept, Storage)
        self._trouble = kept.base_exceptions if shared else ()
        self._requests = SlidingWindowCounterRateLimiter(kept)
        self._audio = FixedWindowRateLimiter(kept)
        self._default = settings.audio_minutes_per_day
        self._minutes: dict[str, int] = {}

    async def request(self, kind: Kind, who: str, most: int) -> None:
        """Count one of `most` a minute. Raises `Throttled`."""
        item = _per_minute(most)
        with self._lenient():
            if await self._requests.hit(item, kind, who):
                return
            window = await self._requests.get_window_stats(item, kind, who)
            raise Throttled(
                f"More than {most} requests a minute came from this {kind}; try again in a moment.",
                max(0.0, window.reset_time - time.time()),
            )

    def allow(self, owner: str, minutes: int | None) -> None:
        """What an owner's key says of minutes a day; None: nothing."""
        if minutes is None:
            self._minutes.pop(owner, None)
            return
        if owner not in self._minutes and len(self._minutes) >= OWNERS:
            del self._minutes[next(iter(self._minutes))]
        self._minutes[owner] = minutes

    async def check(self, owner: str) -> None:
        minutes = self._minutes.get(owner, self._default)
        if minutes is None:
            return
        item = _per_day(minutes)
        with self._lenient():
            if not minutes or not await self._audio.test(item, owner):
                raise await self._spent(item, owner, minutes)

    async def spend(self, owner: str, samples: int) -> None:
        minutes = self._minutes.get(owner, self._default)
        if minutes is None:
            return
        item = _per_day(minutes)
        with self._lenient():
            if not await self._audio.hit(item, owner, cost=samples * 1000 // SAMPLE_RATE):
                raise await self._spent(item, owner, minutes)

    @contextmanager
    def _lenient(self) -> Iterator[None]:
        """What cannot be counted is allowed."""
        try:
            yield
        except self._trouble as error:
            log.warning("cannot count what is asked for", reason=str(error))

    async def _spent(self, item: RateLimitItemPerDay, owner: str, minutes: int) -> QuotaSpent:
        window = await self._audio.get_window_stats(item, owner)
        return QuotaSpent(
            f"The {minutes} minutes of audio that there are in a day are used up.",
            max(0.0, window.reset_time - time.time()),
        )


@lru_cache(256)
def _per_minute(most: int) -> RateLimitItemPerMinute:
    return RateLimitItemPerMinute(most, namespace=NAMESPACE)


@lru_cache(256)
def _per_day(minutes: int) -> RateLimitItemPerDay:
    return RateLimitItemPerDay(minutes * MINUTE, namespace=NAMESPACE)
