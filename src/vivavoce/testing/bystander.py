"""Somebody else who speaks all the while, and must get every word whatever others do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vivavoce.engines.fake import WORDS, say, silence
from vivavoce.testing.wire import Wire, open_wire

SENTENCE = 4  # words


@asynccontextmanager
async def bystander(url: str) -> AsyncIterator[None]:
    """A session on a server with the scripted engine, for as long as the block lasts.

    It speaks a sentence, waits until that is acknowledged, and speaks the next; at the end
    all of its sentences must have come back, word by word.
    """
    over = asyncio.Event()
    async with open_wire(url) as wire:
        await wire.start(options={"title": "bystander", "interims": False})
        talking = asyncio.create_task(_talk(wire, over))
        try:
            yield
            over.set()
            said = await talking
        finally:
            talking.cancel()
        await wire.say(type="finish")
        assert await wire.closed() == 1000
    assert wire.finals == said


async def _talk(wire: Wire, over: asyncio.Event) -> list[str]:
    """What was said: at least one sentence before, and one after `over`."""
    said: list[str] = []
    while True:
        last = over.is_set()
        first = len(said) * SENTENCE
        words = [WORDS[(first + i) % len(WORDS)] for i in range(SENTENCE)]
        await wire.frame(2 * len(said), say(*words).tobytes())
        await wire.frame(2 * len(said) + 1, silence(1).tobytes())
        said.append(" ".join(words))
        await wire.until("ack", frame=2 * len(said) - 1)
        if last:
            return said
