"""Audio on its way to a server while somebody reads what comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from vivavoce.client.conversation import Conversation


@asynccontextmanager
async def sending(
    session: Conversation[Any], blocks: AsyncIterator[bytes]
) -> AsyncIterator["asyncio.Task[float]"]:
    """Send the blocks while the `async with` lasts, then finish the session.

    The task's result is the event loop's time at which all was sent. Leaving raises what
    went wrong with the blocks.
    """
    task = asyncio.create_task(_send(session, blocks))
    try:
        yield task
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _send(session: Conversation[Any], blocks: AsyncIterator[bytes]) -> float:
    try:
        async for block in blocks:
            await session.send(block)
    finally:
        if not session.over:
            await session.finish()
    return asyncio.get_running_loop().time()
