"""What can be seen of one server process: its metrics and its traces, put together once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vivavoce.config import Settings
from vivavoce.live.tally import Tally
from vivavoce.server.services import Services
from vivavoce.server.telemetry.gauges import Gauges, observer
from vivavoce.telemetry.board import Board
from vivavoce.telemetry.traces import set_up_traces, stop_traces


class Seen:
    """The app has it as `app.state.seen`. `tally` is for the live path to count in."""

    def __init__(self, settings: Settings) -> None:
        self._traces = settings.traces
        self.board = Board() if settings.metrics else None
        self.tally = Tally() if self.board is None else Tally(observer(self.board))
        self.gauges: Gauges | None = None  # while the server runs

    @asynccontextmanager
    async def showing(self, parts: Services) -> AsyncIterator[None]:
        """While the server runs. Raises `SettingError` for traces that cannot be sent."""
        if self._traces:
            set_up_traces()
        reading: asyncio.Task[None] | None = None
        if self.board is not None:
            self.gauges = Gauges(self.board, parts)
            if self.board.shared:
                reading = asyncio.create_task(self.gauges.keep_reading(), name="metrics")
        try:
            yield
        finally:
            if reading is not None:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
            if self._traces:
                await asyncio.to_thread(stop_traces)
