"""Puts on the board what a server has counted, and how it is now, when somebody asks.

So the live path adds to plain numbers, and what is shown of it costs only who looks. Where several
workers put their numbers together, each does so every few seconds, for whichever is asked.
"""

import asyncio
import shutil
from contextlib import suppress
from typing import Final

import structlog

from vivavoce.core.errors import VivavoceError
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.live.tally import Measured, Observe
from vivavoce.server.services import Services
from vivavoce.telemetry import metrics
from vivavoce.telemetry.board import Board
from vivavoce.telemetry.metrics import Metric

EVERY: Final = 5.0
"""Seconds between two looks of a worker beside others."""

MEASURED: Final[dict[Measured, Metric]] = {
    "interim": metrics.INTERIM_DELAY,
    "final": metrics.FINAL_DELAY,
    "ack": metrics.ACK_DELAY,
    "decode": metrics.REALTIME_FACTOR,
}

STATES: Final = {"closed": 0, "half-open": 1, "open": 2}

log = structlog.get_logger()


def observer(board: Board) -> Observe:
    """By which the live path tells what it has timed."""

    def observe(what: Measured, value: float, engine: str = "", /) -> None:
        if engine:
            board.observe(MEASURED[what], value, engine=engine)
        else:
            board.observe(MEASURED[what], value)

    return observe


class Gauges:
    """Of one server process."""

    def __init__(self, board: Board, parts: Services) -> None:
        self._board = board
        self._parts = parts
        self._told: dict[tuple[Metric, tuple[str, ...]], float] = {}

    async def text(self, accept: str) -> tuple[bytes, str]:
        """All metrics as they are now, and their media type."""
        await self.read()
        return await asyncio.to_thread(self._board.text, accept)

    async def keep_reading(self) -> None:
        """For as long as the server runs."""
        while True:
            try:
                await self.read()
            except Exception:  # not foreseen; the others' numbers are told all the same
                log.exception("cannot read the metrics")
            await asyncio.sleep(EVERY)

    async def read(self) -> None:
        self._sessions()
        self._engines()
        self._lines()
        with suppress(OSError):
            usage = await asyncio.to_thread(shutil.disk_usage, self._parts.settings.data_dir)
            self._board.set(metrics.DISK_FREE, usage.free)
        with suppress(VivavoceError):  # then they stay as they were
            await self._queues()

    def _sessions(self) -> None:
        hub, board = self._parts.hub, self._board
        live = hub.live_sessions()
        board.set(metrics.SESSIONS, len(live), mode="live")
        board.set(metrics.SESSIONS, hub.files, mode="file")
        board.set(metrics.SESSIONS_LIMIT, hub.max_sessions)
        board.set(metrics.DRAINING, hub.draining)
        behind = max((session.behind for session in live), default=0)
        board.set(metrics.LAG, behind / SAMPLE_RATE)
        self._count(metrics.JOURNAL, hub.tally.journalled)
        for reason, ended in list(hub.tally.ended.items()):
            self._count(metrics.SESSIONS_ENDED, ended, reason=reason)

    def _engines(self) -> None:
        engines, tally = self._parts.engines, self._parts.hub.tally
        for name, breaker in engines.breakers.items():
            self._board.set(metrics.BREAKER, STATES[breaker.state], engine=name)
            self._count(metrics.ENGINE_ERRORS, breaker.errors, engine=name)
        for name, pool in engines.at_work.items():
            self._board.set(metrics.WINDOWS, pool.waiting, engine=name)
        for name, decoded in tally.decoded.items():
            self._count(metrics.DECODED, decoded / SAMPLE_RATE, engine=name)
        for (previous, engine), times in tally.switched.items():
            self._count(metrics.ENGINE_SWITCHES, times, previous=previous, engine=engine)
        for host, times in tally.restarted.items():
            self._count(metrics.HOST_RESTARTS, times, host=host)

    def _lines(self) -> None:
        tally = self._parts.hub.tally
        for protocol, there in tally.connections.items():
            self._board.set(metrics.CONNECTIONS, there, protocol=protocol)
        for protocol, ever in tally.connected.items():
            self._count(metrics.CONNECTED, ever, protocol=protocol)
        for reason, times in tally.refused.items():
            self._count(metrics.REFUSED, times, reason=reason)
        auth = self._parts.auth
        self._count(metrics.FAILED_KEYS, auth.of_requests.failures, way="request")
        self._count(metrics.FAILED_KEYS, auth.at_page.failures, way="page")
        for outcome, times in tally.uploads.items():
            self._count(metrics.UPLOADS, times, outcome=outcome)

    async def _queues(self) -> None:
        waiting = await self._parts.diarizing.queue.waiting()
        self._board.set(metrics.DIARIZATIONS, waiting)
        for channel in ("email", "webhook"):
            outbox = await self._parts.deliveries.outbox.waiting(channel)
            self._board.set(metrics.OUTBOX, outbox, channel=channel)

    def _count(self, metric: Metric, total: float, **labels: str) -> None:
        """What came since the last look."""
        which = metric, tuple(labels.values())
        self._board.add(metric, total - self._told.get(which, 0), **labels)
        self._told[which] = total
