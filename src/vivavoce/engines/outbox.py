"""What a stream has heard and its session has not read yet."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from vivavoce.core.results import Result


class Outbox:
    """One writer, one reader. The writer's own bound on undecided audio bounds it too."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Result | Exception | None] = asyncio.Queue()

    def put(self, results: Iterable[Result]) -> None:
        for result in results:
            self._queue.put_nowait(result)

    def fail(self, error: Exception) -> None:
        """Raised to the reader when it has read what came before."""
        self._queue.put_nowait(error)

    def close(self) -> None:
        self._queue.put_nowait(None)

    async def read(self) -> AsyncIterator[Result]:
        """Every result in order, until `close`."""
        while (result := await self._queue.get()) is not None:
            if isinstance(result, Exception):
                raise result
            yield result
