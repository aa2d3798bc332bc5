"""A recording's events as a server-sent stream, the same for live and finished ones."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from typing import Annotated, Any, Final

import msgspec
import structlog
from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from vivavoce.core.errors import Held, NotFound, VivavoceError
from vivavoce.core.events import Ended, Interim, Numbered
from vivavoce.library.recording import UNFINISHED, Recording
from vivavoce.library.retention import check_text
from vivavoce.server.rest.ahead import Ahead, Item, Items
from vivavoce.server.rest.models import Error
from vivavoce.server.services import Found, Parts, Services

router = APIRouter(tags=["recordings"])

log = structlog.get_logger()

PING: Final = b": still here\n\n"
PING_EVERY: Final = 15.0  # seconds; proxies give up on silence sooner or later

LOOK_EVERY: Final = 0.25  # seconds
LOOKS: Final = 20
"""Looks at a recording that is on its way: between two processes, or into the library."""

LATELY: Final = 64
"""Items kept as they are sent: those who watch one session all want the same next."""

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
    follow: Annotated[bool, Query(description="Stay, and tell what is said later.")] = False,
) -> StreamingResponse:
    """Every event after `Last-Event-ID` in order, as it comes; it closes after `ended` and
    what was said of the recording since, or with `follow` not before the server stops.

    Numbered events have an `id`; the data is `{n, epoch, event}`. Interims have none, and
    a slow reader sees only the latest.
    """
    check_text(recording)
    found = await items(parts, recording, after)
    if follow:
        found = further(parts, recording, found, after)
    return StreamingResponse(
        stream(found),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def items(parts: Services, recording: Recording, after: int) -> Items:
    """What to send. Raises `Held` while a session is neither running nor in the library.

    Not before looking for a while: a browser's EventSource does not ask again after a 409.
    """
    for look in range(LOOKS):
        if look:
            await asyncio.sleep(LOOK_EVERY)
        watched = await parts.hub.watch(recording.id, after)
        if watched is not None:
            return _on(parts, recording, watched, after)
        # It may have ended since it was looked up, so look again.
        if await _kept(parts, recording):
            return parts.repository.events(recording.owner, recording.id, after)
    raise Held(f"The recording {recording.id} cannot be followed just now; try again.")


async def _kept(parts: Services, recording: Recording) -> bool:
    """Whether it is over and in the library. Raises `NotFound`."""
    latest = await parts.repository.get(recording.owner, recording.id)
    return latest.state not in UNFINISHED


async def _sealed(parts: Services, recording: Recording) -> None:
    """Return when it is in the library: who asks for the text after the stream finds it."""
    await parts.hub.sealed(recording.id)
    with suppress(NotFound):  # deleted at once
        for _ in range(LOOKS):  # another process seals it, or a full disk keeps it waiting
            if await _kept(parts, recording):
                return
            await asyncio.sleep(LOOK_EVERY)


async def _on(
    parts: Services, recording: Recording, watched: AsyncIterator[Item], after: int
) -> AsyncIterator[Item]:
    """From the live session, and where it was left, on in the library."""
    async for item in watched:
        yield item
        if isinstance(item, Numbered):
            after = item.n
            if isinstance(item.event, Ended):
                await _sealed(parts, recording)
                return
    async for numbered in parts.repository.events(recording.owner, recording.id, after):
        yield numbered


async def further(
    parts: Services, recording: Recording, found: Items, after: int
) -> AsyncIterator[Item]:
    """On from where the session ends: what is said of the recording later, as it is said.

    A session that another process has by now is not over: then the reader is to ask again.
    """
    async for item in found:
        yield item
        if isinstance(item, Numbered):
            after = item.n
    with suppress(NotFound):  # deleted
        if await _kept(parts, recording):
            more = parts.annotations.more(recording.owner, recording.id, after)
            async with aclosing(more):  # else it would count as a follower for a while
                async for numbered in more:
                    yield numbered


class Encoder:
    """Items as they are sent; one that many readers are sent is encoded once."""

    def __init__(self, shown: Callable[[Item], Item] = lambda item: item) -> None:
        """`shown`: what of an item its readers may see."""
        self._shown = shown
        # By identity, which holds while the item is kept here: to compare costs as much.
        self._lately: OrderedDict[int, tuple[Item, bytes]] = OrderedDict()

    def __call__(self, item: Item) -> bytes:
        if (known := self._lately.get(id(item))) is not None:
            return known[1]
        encoded = _encode(self._shown(item))
        self._lately[id(item)] = item, encoded
        if len(self._lately) > LATELY:
            self._lately.popitem(last=False)
        return encoded


_whole: Final = Encoder()


async def stream(
    items: Items,
    every: float = PING_EVERY,
    *,
    encode: Callable[[Item], bytes] = _whole,
    closed: asyncio.Future[None] | None = None,
) -> AsyncGenerator[bytes]:
    """What is at hand goes out together, and a slow reader costs no memory but for `AHEAD`
    items. A comment goes out whenever `every` seconds bring nothing. An error ends the stream
    before `ended`, so that the reader asks again from where it was; so does `closed`."""
    ahead = Ahead(items)
    ends: list[asyncio.Future[Any]] = [] if closed is None else [closed]
    try:
        while True:
            await asyncio.wait(
                [ahead.news, ahead.reading, *ends],
                timeout=every,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if closed is not None and closed.done():
                return
            if found := ahead.take():
                yield b"".join(map(encode, found))
            elif ahead.reading.done():
                ahead.reading.result()
                return
            else:
                yield PING
    except VivavoceError as error:
        log.warning("event stream broke", reason=error.message)
    finally:
        # In a task of its own: when a reader hangs up, every await of this one is cancelled,
        # and a query that is cancelled twice leaves its connection behind.
        closing = asyncio.create_task(_close(ahead.reading, items))
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)
        await asyncio.shield(closing)


async def _close(reading: asyncio.Task[None], items: Items) -> None:
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    if isinstance(items, AsyncGenerator):
        await items.aclose()


def _encode(item: Item) -> bytes:
    data = msgspec.json.encode(item)
    if isinstance(item, Interim):
        return b"event: interim\ndata: %b\n\n" % data
    kind = str(type(item.event).__struct_config__.tag).encode()
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (item.n, kind, data)
