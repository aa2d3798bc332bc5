"""What is being made, as server-sent events: its steps, then the whole, or why there is none.

Nobody waits for what nobody wants: when the reader hangs up, the making ends.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, NamedTuple, TypeVar

import msgspec
import structlog
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import StreamingResponse

from vivavoce.core.errors import Gone, OurError, VivavoceError

PING: Final = b": still here\n\n"
PING_EVERY: Final = 15.0  # seconds
AHEAD: Final = 1 << 15
"""Steps that are made before a slow reader has read them: more than the longest answer has, so that
no reader holds a language model's turn that others wait for. They are a few MB at most."""
LOOK_EVERY: Final = 0.5
"""Seconds between two looks whether somebody who wants it all at once is still there."""

T = TypeVar("T")

log = structlog.get_logger()

_running: Final[set[asyncio.Task[None]]] = set()  # held, or the loop might forget them


class Step(NamedTuple):
    name: str
    data: BaseModel | dict[str, object]


Steps = AsyncGenerator[Step]


def streamed(steps: Steps) -> StreamingResponse:
    """The response in which each step is an event. An error is one too, and the last."""
    return StreamingResponse(
        stream(steps),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def last(request: Request, steps: AsyncGenerator[T]) -> T:
    """What comes last, for who wants nothing else. Raises what keeps it from being made."""
    making = asyncio.create_task(_last(steps))
    try:
        while not making.done():
            await asyncio.wait([making], timeout=LOOK_EVERY)
            if not making.done() and await request.is_disconnected():
                raise Gone("Nobody waits for it any more.")
        return making.result()
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)


async def _last(steps: AsyncGenerator[T]) -> T:
    found: list[T] = []
    async with aclosing(steps):
        async for step in steps:
            found[:] = [step]
    if not found:
        raise OurError("Nothing was made.")
    return found[0]


async def stream(steps: Steps, every: float = PING_EVERY) -> AsyncGenerator[bytes]:
    """The events as bytes; a comment whenever `every` seconds bring nothing."""
    ready: asyncio.Queue[bytes | None] = asyncio.Queue(AHEAD)
    making = asyncio.create_task(_make(steps, ready))
    _running.add(making)
    making.add_done_callback(_running.discard)
    try:
        while True:
            try:
                async with asyncio.timeout(every):
                    piece = await ready.get()
            except TimeoutError:
                piece = PING
            if piece is None:
                return
            yield piece
    finally:
        making.cancel()  # it ends in its own time: an await of ours would be cancelled too


async def _make(steps: Steps, ready: "asyncio.Queue[bytes | None]") -> None:
    try:
        async with aclosing(steps):
            async for step in steps:
                await ready.put(_event(step))
    except VivavoceError as error:
        if isinstance(error, OurError):
            log.warning("not made", code=error.code, reason=error.message)
        await ready.put(_event(_refused(error)))
    except Exception:
        log.exception("not made")
        unforeseen = OurError("Something went wrong in the server; its log says what.")
        await ready.put(_event(_refused(unforeseen)))
    await ready.put(None)


def _refused(error: VivavoceError) -> Step:
    said = {"code": error.code, "message": error.message, "retryable": error.retryable}
    return Step("error", {"error": said})


def _event(step: Step) -> bytes:
    data = step.data
    text = data.model_dump_json() if isinstance(data, BaseModel) else _json(data)
    return f"event: {step.name}\ndata: {text}\n\n".encode()


def _json(data: dict[str, object]) -> str:
    return msgspec.json.encode(data).decode()
