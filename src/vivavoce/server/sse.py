"""A recording's events as a server-sent stream, the same for live and finished ones."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Final

import msgspec
import structlog
from fastapi import APIRouter, Header
from starlette.responses import StreamingResponse

from vivavoce.core.errors import Held, VivavoceError
from vivavoce.core.events import Ended, Interim, Numbered
from vivavoce.library.recording import Recording
from vivavoce.server.models import Error
from vivavoce.server.services import Found, Parts, Services

router = APIRouter(tags=["recordings"])

log = structlog.get_logger()

PING: Final = b": still here\n\n"
PING_EVERY: Final = 15.0  # seconds; proxies give up on silence sooner or later

Item = Numbered | Interim

_closing: Final[set[asyncio.Task[None]]] = set()  # held, or the loop might forget them


@router.get(
    "/recordings/{id}/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "The events, then the end."},
        404: {"model": Error},
        409: {"model": Error, "description": "It cannot be followed just now; try again."},
    },
)
async def events(
    recording: Found,
    parts: Parts,
    after: Annotated[int, Header(alias="Last-Event-ID", ge=0, le=2**53)] = 0,
) -> StreamingResponse:
    """Every event after `Last-Event-ID` in order, as it comes; after `ended` it closes.

    Numbered events have an `id`; the data is `{n, epoch, event}`. Interims have none, and
    a slow reader sees only the latest.
    """
    items = await _items(parts, recording, after)
    return StreamingResponse(
        _stream(items),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _items(parts: Services, recording: Recording, after: int) -> AsyncIterator[Item]:
    """What to send. Raises `Held` while a session is neither running nor in the library."""
    watched = parts.hub.watch(recording.id, after)
    if watched is not None:
        return _on(parts, recording, watched, after)
    # It may have ended since it was looked up, so look again.
    latest = await parts.repository.get(recording.owner, recording.id)
    if latest.state in ("live", "transcribing"):
        raise Held(f"The recording {recording.id} cannot be followed just now; try again.")
    return parts.repository.events(recording.owner, recording.id, after)


async def _on(
    parts: Services, recording: Recording, watched: AsyncIterator[Item], after: int
) -> AsyncIterator[Item]:
    """From the live session, and where it was left, on in the library."""
    async for item in watched:
        yield item
        if isinstance(item, Numbered):
            after = item.n
            if isinstance(item.event, Ended):
                await parts.hub.sealed(recording.id)  # who asks for the text next finds it
                return
    async for numbered in parts.repository.events(recording.owner, recording.id, after):
        yield numbered


async def _stream(items: AsyncIterator[Item], every: float = PING_EVERY) -> AsyncGenerator[bytes]:
    """One item is asked for at a time, when the last has been sent: a slow reader costs no
    memory. A comment goes out whenever `every` seconds bring nothing. An error ends the
    stream before `ended`, so that the reader asks again from where it was."""
    upcoming = _next(items)
    try:
        while True:
            await asyncio.wait([upcoming], timeout=every)
            if not upcoming.done():
                yield PING
            elif (item := upcoming.result()) is None:
                return
            else:
                yield _encode(item)
                upcoming = _next(items)
    except VivavoceError as error:
        log.warning("event stream broke", reason=error.message)
    finally:
        # In a task of its own: when a reader hangs up, every await of this one is cancelled,
        # and a query that is cancelled twice leaves its connection behind.
        closing = asyncio.create_task(_close(upcoming, items))
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)
        await asyncio.shield(closing)


async def _close(upcoming: asyncio.Task[Item | None], items: AsyncIterator[Item]) -> None:
    upcoming.cancel()
    await asyncio.gather(upcoming, return_exceptions=True)
    if isinstance(items, AsyncGenerator):
        await items.aclose()


def _next(items: AsyncIterator[Item]) -> asyncio.Task[Item | None]:
    async def following() -> Item | None:
        return await anext(items, None)

    return asyncio.create_task(following())


def _encode(item: Item) -> bytes:
    data = msgspec.json.encode(item)
    if isinstance(item, Interim):
        return b"event: interim\ndata: %b\n\n" % data
    kind = str(type(item.event).__struct_config__.tag).encode()
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (item.n, kind, data)
