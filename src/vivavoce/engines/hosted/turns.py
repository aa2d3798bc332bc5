"""The other main loop of a host process: an engine that is a service has many turns at once.

Calls come in on a pipe; each turn carries out its own in order and tells what it hears. The
server lets a turn have a few calls outstanding, which bounds what waits here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import BinaryIO

import numpy as np

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import ServiceEngine, Turn
from vivavoce.engines.hosted.calls import (
    LENGTH,
    Call,
    CloseStream,
    Feed,
    FinishStream,
    OpenStream,
    Told,
    fault,
    pack,
    unpack_call,
)

FAREWELL = 30.0
"""Seconds that hanging up may take, at which nobody waits for it."""

Tell = Callable[[Told], None]


async def serve_turns(engine: ServiceEngine, calls: BinaryIO, told: BinaryIO) -> None:
    """Until the pipe closes."""
    turns: dict[int, _HostedTurn] = {}
    closing: set[asyncio.Task[None]] = set()

    def tell(message: Told) -> None:
        told.write(pack(message))
        told.flush()

    async for call in _calls(calls):
        match call:
            case OpenStream():
                turns[call.stream] = _HostedTurn(engine, call, tell)
            case CloseStream():
                if (turn := turns.pop(call.stream, None)) is not None:
                    task = asyncio.create_task(turn.close())  # others do not wait for it
                    closing.add(task)
                    task.add_done_callback(closing.discard)
            case Feed() | FinishStream():
                if call.stream in turns:
                    turns[call.stream].calls.put_nowait(call)
            case _:
                raise AssertionError(call)  # not a service's
    await asyncio.gather(*(turn.close() for turn in turns.values()))


async def _calls(pipe: BinaryIO) -> AsyncIterator[Call]:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    with suppress(asyncio.IncompleteReadError):
        while True:
            (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
            yield unpack_call(await reader.readexactly(length))


class _HostedTurn:
    """One connection. What goes wrong is told once, and is the last that is told."""

    def __init__(self, engine: ServiceEngine, opening: OpenStream, tell: Tell) -> None:
        self.calls: asyncio.Queue[Call] = asyncio.Queue()
        self._number = opening.stream
        self._tell = tell
        self._over = False
        self._running = asyncio.create_task(self._run(engine, opening))

    async def close(self) -> None:
        self._over = True
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self, engine: ServiceEngine, opening: OpenStream) -> None:
        name = engine.capabilities.name
        turn: Turn | None = None
        listening: asyncio.Task[None] | None = None
        try:
            turn = await engine.open(opening.options)
            self._say(Told(self._number, done=1))
            listening = asyncio.create_task(self._listen(turn, name))
            while True:
                await self._carry_out(turn, await self.calls.get())
                self._say(Told(self._number, done=1))
        except Exception as error:
            self._fail(name, error)
        finally:
            if listening is not None:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
            if turn is not None:
                with suppress(Exception):
                    async with asyncio.timeout(FAREWELL):
                        await turn.close()

    async def _carry_out(self, turn: Turn, call: Call) -> None:
        if isinstance(call, Feed):
            await turn.feed(np.frombuffer(call.samples, dtype="<f4"))
        else:
            await turn.finish()

    async def _listen(self, turn: Turn, name: str) -> None:
        try:
            async for result in turn.results():
                self._say(Told(self._number, results=[result]))
            self._say(Told(self._number, over=True))
        except Exception as error:
            self._fail(name, error)

    def _fail(self, name: str, error: Exception) -> None:
        """An engine's own error is a sentence already. Of another only the kind is told: its
        text may hold what was sent, credentials too."""
        if isinstance(error, EngineError):
            self._say(Told(self._number, error=error.message, fault=fault(error)))
        else:
            self._say(Told(self._number, error=f"{name} failed: {type(error).__name__}."))
        self._over = True

    def _say(self, told: Told) -> None:
        if not self._over:
            self._tell(told)
