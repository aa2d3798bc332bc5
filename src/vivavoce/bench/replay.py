"""A recording played again, through a server's live path in this process.

Its journal, its engines and its library are those of a server with a data directory of its own
that goes when the replay is over, so nothing that is kept is touched.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from vivavoce import plugins
from vivavoce.config import Settings
from vivavoce.core.commands import Audio, Configure, Finish, Flush, Mark, Start
from vivavoce.core.errors import Gone
from vivavoce.core.events import AnyEvent, Numbered
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.dialects.base import Failed
from vivavoce.dialects.native_messages import MAX_PAYLOAD
from vivavoce.live.recorded import Recorded
from vivavoce.live.seat import Seat
from vivavoce.server.assembly import assembled

FRAME = 0.1  # seconds of audio sent at a time, where it is sent at a pace

Watch = Callable[[AnyEvent], object]
Piece = bytes | Flush | Mark | Configure


def alike(recorded: Recorded, settings: Settings, engine: str | None = None) -> Settings:
    """Settings to read it with as it was read: by the same engine, unless another is named, and
    by the same model, where that is left open; it would be up to the load otherwise.
    """
    own, model = recorded.read_by or (settings.engine, "")
    engine = engine or own
    if settings.finals != "auto":
        return settings.model_copy(update={"engines": (engine,)})
    better = plugins.capabilities(engine).better
    finals = "base" if better and better == model else "tiny"
    return settings.model_copy(update={"engines": (engine,), "finals": finals})


async def play(
    recorded: Recorded,
    settings: Settings,
    speed: float | None = None,
    watch: Watch = lambda _: None,
) -> list[AnyEvent]:
    """What is said of a recording now. `speed`: as many times that of speech; None: any.

    Raises `EngineError`, `BadMessage` (a language that the engine does not know), `DiskError`.
    """
    with TemporaryDirectory(prefix="vivavoce-replay-") as folder:
        own = {"data_dir": Path(folder), "workers": 1, "max_sessions": 1}
        async with assembled(settings.model_copy(update=own)) as parts:
            options = replace(recorded.options, engine=None, title=recorded.title)
            seat = await parts.hub.start(Start(recorded.format, options))
            seat.heed_no_stop()
            hearing = asyncio.create_task(_heard(seat, watch))
            sending = asyncio.create_task(_send(recorded, seat, speed))
            try:
                events, _ = await asyncio.gather(hearing, sending)
            finally:
                hearing.cancel()
                sending.cancel()
                await asyncio.gather(hearing, sending, return_exceptions=True)
    return events


async def _heard(seat: Seat, watch: Watch) -> list[AnyEvent]:
    events = []
    async for answer in seat.answers():
        if isinstance(answer, Failed):
            raise answer.error
        if isinstance(answer, Numbered):
            events.append(answer.event)
            watch(answer.event)
    return events


async def _send(recorded: Recorded, seat: Seat, speed: float | None) -> None:
    """Everything in its order; a session that ended early takes no more."""
    rate = _rate(recorded)
    step = min(MAX_PAYLOAD, max(1, round(rate * FRAME)) if speed and rate else MAX_PAYLOAD)
    clock = asyncio.get_running_loop().time
    start, frame, sent = clock(), 0, 0
    with suppress(Gone):
        async for piece in pieces(recorded, step):
            if not isinstance(piece, bytes):
                await seat.send(piece)
                continue
            sent += len(piece)
            due = start + sent / rate / speed if speed and rate else 0.0
            await asyncio.sleep(max(0.0, due - clock()))
            await seat.send(Audio(frame, piece))
            frame += 1
        await seat.send(Finish())


async def pieces(recorded: Recorded, step: int) -> AsyncIterator[Piece]:
    """The audio in pieces of at most so many bytes, the commands in their places."""
    commands = deque(recorded.controls)
    at = 0
    async for block in recorded.audio():
        while block:
            while commands and commands[0].at <= at:
                yield _piece(commands.popleft().command)
            end = min(step, commands[0].at - at) if commands else step
            piece, block = block[:end], block[end:]
            at += len(piece)
            yield piece
    for control in commands:
        yield _piece(control.command)


def _piece(command: Flush | Mark | Configure | Finish) -> Piece:
    assert not isinstance(command, Finish)
    return command


def _rate(recorded: Recorded) -> float:
    """Bytes of a second of speech; 0: there is no telling."""
    format = recorded.format
    if format.second:
        return format.second
    return recorded.size * SAMPLE_RATE / recorded.duration if recorded.duration else 0.0
