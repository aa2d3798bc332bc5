"""A client that does what its plan says, also what is rude, and keeps what it was told.

It stands on the same `ClientProtocol` as the Python client; the lines are its own, to break.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx2
import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from chaos.astray import Astray
from chaos.plan import SpeakerPlan
from chaos.progress import Progress
from chaos.record import Tape
from chaos.sound import FORMAT, Speech
from vivavoce.client.errors import Unreachable
from vivavoce.client.line import open_line
from vivavoce.client.protocol import ClientProtocol
from vivavoce.client.talk import State
from vivavoce.core.errors import Gone, VivavoceError
from vivavoce.core.events import Ended, Numbered
from vivavoce.dialects.base import Wire
from vivavoce.dialects.native_messages import (
    AckMessage,
    EventMessage,
    FinishMessage,
    ReadyMessage,
    StartMessage,
    decode_from_server,
)
from vivavoce.journal.bell import Bell
from vivavoce.testing.sse import messages

PAUSE = 0.1
"""Seconds before another line is tried."""


class Speaker:
    """One session, from its start to its end. `base` is the server's address, `live` its
    WebSocket's."""

    def __init__(
        self, plan: SpeakerPlan, speech: Speech, base: str, live: str, progress: Progress
    ) -> None:
        self.plan = plan
        self.speech = speech
        self.tape = Tape()
        self._base = base
        self._live = live
        self._progress = progress
        self._protocol = ClientProtocol(StartMessage(format=FORMAT), bound=1 << 40)
        for payload in speech.frames:
            self._protocol.audio(payload)
        if plan.leaves is None:
            self._protocol.control(FinishMessage())
        self._sent = -1  # the highest frame that was put on a line
        self._breaks = deque(plan.breaks)
        self._astray = Astray(plan.tampered)
        self._at_opening = ""  # how the next line is lost before it is of use
        self._changed = Bell()
        self._stolen: list[ClientConnection] = []

    async def speak(self) -> None:
        """Until the session is over, or the plan has it left."""
        try:
            while not self._left and self._protocol.state is not State.OVER:
                await self._try_line()
            self.tape.complete = not self._left
        except Gone:
            await self._rest()
        except VivavoceError as error:
            self.tape.trouble = error.message
        finally:
            for line in self._stolen:
                await line.close()

    @property
    def _left(self) -> bool:
        return self.plan.leaves is not None and self._acked >= self.plan.leaves

    @property
    def _acked(self) -> int:
        return self.tape.acknowledged - 1

    async def _try_line(self) -> None:
        try:
            line = await open_line(self._live)
        except Unreachable:
            await asyncio.sleep(PAUSE)
            return
        refused = False
        self._astray.new_line()
        try:
            await self._converse(line)
        except ConnectionClosed:
            refused = line.close_code in (1001, 1013)
        if line not in self._stolen:
            await line.close()
        self._protocol.disconnected(line.close_code or 1006)
        if refused:
            self._progress.refused()
            await asyncio.sleep(PAUSE)

    async def _converse(self, line: ClientConnection) -> None:
        await line.send(self._protocol.connected())
        if self._at_opening == "opening":
            return self._lose(line)
        tasks = [asyncio.create_task(self._read(line)), asyncio.create_task(self._write(line))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
        return None

    async def _read(self, line: ClientConnection) -> None:
        async for message in line:
            assert isinstance(message, str)
            self._note(message)
            self._progress.moves += 1
            self._protocol.receive(message)
            self._changed.ring()
            if self._protocol.state is State.OVER:
                return
            if self._at_opening and self._protocol.state is State.OPEN:
                self._lose(line)
                return
        raise ConnectionClosed(None, None)

    async def _write(self, line: ClientConnection) -> None:
        while not self._left:
            changed = self._changed.next()
            if self._due():
                return await self._break(line)
            if self._room and (wire := self._protocol.take()) is not None:
                await self._put(line, wire)
            else:
                await changed.wait()
        return None

    @property
    def _room(self) -> bool:
        """Whether fewer frames are on the way than may be; after the last all may go."""
        outbox = self._protocol.outbox
        frames = outbox.next_frame - outbox.oldest_frame  # not acknowledged
        return frames - outbox.waiting < self.plan.window

    async def _put(self, line: ClientConnection, wire: Wire) -> None:
        if not isinstance(wire, bytes):
            for one in [*self._astray.rest(), wire]:
                await line.send(one)
            return
        frame = int.from_bytes(wire[:8])
        if frame > self._sent:
            await asyncio.sleep(self.plan.pace)
        for one in self._astray.frame(frame, wire):
            await line.send(one)
        if frame > self._sent:
            self._sent = frame
            self._progress.sent()

    def _due(self) -> bool:
        return bool(self._breaks) and self._breaks[0].frame <= self._sent

    async def _break(self, line: ClientConnection) -> None:
        way = self._breaks.popleft().way
        match way:
            case "half":
                with suppress(_Cut):
                    await line.send(_cut_short(self.speech.pcm[:1000]))
            case "answer":
                await self._changed.wait()
            case "close":
                await line.close()
            case "stolen":
                self._stolen.append(line)
            case "opening" | "ready":
                self._at_opening = way
        if way != "stolen":
            line.transport.abort()
        self.tape.lost += 1

    def _lose(self, line: ClientConnection) -> None:
        self._at_opening = ""
        self.tape.lost += 1
        line.transport.abort()

    def _note(self, message: str) -> None:
        tape = self.tape
        match decode_from_server(message):
            case ReadyMessage() as ready:
                tape.session = ready.session
                tape.refused = max(tape.refused, tape.acknowledged - ready.next_frame)
            case AckMessage(frame=frame):
                tape.acknowledged = max(tape.acknowledged, frame + 1)
            case EventMessage(n=n, epoch=epoch, event=event):
                tape.delivered.append(Numbered(n, epoch, event))

    async def _rest(self) -> None:
        """The session ended while the line was lost: its last events are in the library."""
        while not self.tape.complete:
            with suppress(httpx2.HTTPError):
                async for numbered in events(self._base, self.tape.session):
                    self.tape.delivered.append(numbered)
                    self.tape.complete = isinstance(numbered.event, Ended)
            await asyncio.sleep(PAUSE)


async def events(base: str, session: str) -> AsyncIterator[Numbered]:
    """A recording's numbered events, to the last there will be. Raises `HTTPError`."""
    async with httpx2.AsyncClient(base_url=base, timeout=60, trust_env=False) as http:
        async for message in messages(http, session):
            if message.id is not None:
                yield msgspec.convert(message.data, Numbered)


class _Cut(Exception):
    """The line goes in the middle of a message."""


async def _cut_short(data: bytes) -> AsyncIterator[bytes]:
    yield data
    raise _Cut
