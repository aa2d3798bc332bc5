"""Ending tasks that speak to Redis."""

import asyncio
from typing import Any, Final

AGAIN: Final = 0.5  # seconds


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel them and return when they are over. A cancellation that meets an answer of Redis is
    now and then lost in its client, and the task goes on: so it is said again."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=AGAIN)
    await asyncio.gather(*tasks, return_exceptions=True)
