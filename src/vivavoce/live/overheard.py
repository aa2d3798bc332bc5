"""What a process of ours prints goes to the log, with the name of what it hosts.

Libraries print what they like, a crash prints its traceback, and a server that logs JSON is to log
nothing else. Whoever prints is never made to wait.
"""

import asyncio
from contextlib import suppress
from contextvars import Context
from typing import Final

import structlog

MOST: Final = 16 << 10
"""Bytes of one line of the log; what is longer goes on in the next."""

GATHER: Final = 0.05
"""Seconds in which more of the same may come, as the rest of a traceback."""

LAST: Final = 1.0
"""Seconds for the last words of a process that has ended: another may still hold its end."""

log = structlog.get_logger()


class Overheard:
    """Reads what one process prints, until it ends."""

    def __init__(self, printed: asyncio.StreamReader, host: str, pid: int) -> None:
        self._printed = printed
        self._host = host
        self._pid = pid
        # It is not the session's that happened to need the process first.
        self._task = asyncio.create_task(self._run(), name=f"overheard {host}", context=Context())

    async def stop(self) -> None:
        """The process has ended: log its last words."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST):
                await asyncio.wait([self._task])
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while data := await self._printed.read(MOST):
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER):
                    while room := MOST - len(data):
                        if not (more := await self._printed.read(room)):
                            break
                        data += more
            if said := data.decode(errors="replace").rstrip():
                log.warning("printed", host=self._host, pid=self._pid, said=said)
