"""Who is connected and sends nothing: they began and are muted, read along, or did not begin."""

import asyncio
import json
import urllib.request
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from benchmarks.viewers import in_order, numbers, read
from vivavoce.bench.generator import PATIENCE
from vivavoce.client.address import http_url, live_url, realtime_url
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.dialects.native_messages import SUBPROTOCOL

AT_ONCE = 20
"""That connect at a time: people do not all come in the same moment."""

FORMAT = {"encoding": "pcm_s16le", "rate": SAMPLE_RATE, "channels": 1}

Over = Callable[[], Awaitable[bool]]
"""Ends it. Whether it was served all the time, to the end."""

Made = TypeVar("Made")


async def crowd(url: str, count: int) -> list[Over]:
    """So many, when all are connected.

    Of ten of them eight began and are muted, one reads along with one of those, and one has
    opened OpenAI's protocol, which gives an hour to begin.
    """
    some = count // 10
    muted = await _each(mute(url) for _ in range(count - 2 * some))
    watched = [session for session, _ in muted]
    viewers = await _each(view(url, watched[n % len(watched)]) for n in range(some))
    opened = await _each(wait(url) for _ in range(some))
    return [*(over for _, over in muted), *viewers, *opened]


async def _each(made: Iterable[Awaitable[Made]]) -> list[Made]:
    door = asyncio.Semaphore(AT_ONCE)

    async def one(making: Awaitable[Made]) -> Made:
        async with door:
            return await making

    return await asyncio.gather(*map(one, made))


async def mute(url: str) -> tuple[str, Over]:
    """A session in which nothing is said, and its end."""
    line = await connect(live_url(url), subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None)
    await line.send(json.dumps({"type": "start", "format": FORMAT}))
    ready = json.loads(await line.recv())
    assert ready["type"] == "ready", ready
    last = asyncio.create_task(_last(line))

    async def over() -> bool:
        try:
            await line.send('{"type":"finish"}')
            async with asyncio.timeout(PATIENCE):
                return await last == "bye"
        except (OSError, WebSocketException):  # a time-out is an OSError too
            return False

    return ready["session"], over


async def _last(line: ClientConnection) -> str:
    """The type of the last message that is told."""
    last = ""
    async for message in line:
        last = json.loads(message)["type"]
    return last


async def view(url: str, session: str) -> Over:
    """One who has a link and reads along."""
    token = (await asyncio.to_thread(_post, http_url(url, f"/api/v1/recordings/{session}/shares")))[
        "token"
    ]
    there = asyncio.Semaphore(0)
    reading = asyncio.create_task(read(http_url(url, f"/api/v1/shared/{token}/events"), there))
    await there.acquire()

    async def over() -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                told = numbers(await reading)
        except OSError:
            return False
        return bool(told) and in_order(told, told[-1])

    return over


def _post(url: str) -> dict[str, str]:
    request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        found: dict[str, str] = json.load(answer)
        return found


async def wait(url: str) -> Over:
    """One who connects long before it speaks."""
    line = await connect(realtime_url(url), compression=None)
    assert json.loads(await line.recv())["type"] == "session.created"

    async def over() -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                await (await line.ping())
            await line.close()
        except (OSError, WebSocketException):
            return False
        return True

    return over
