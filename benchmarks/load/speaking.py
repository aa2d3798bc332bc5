"""Who speaks: frame after frame at the pace of speech, and when each was acknowledged."""

import asyncio
import json
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from benchmarks.load.idle import FORMAT
from vivavoce.bench.generator import FRAME, STEP
from vivavoce.client.address import live_url
from vivavoce.core.commands import Audio
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.dialects.native_messages import SUBPROTOCOL, pack_frame

LIMIT = 300.0
"""Seconds after the last sample for the last words: a machine that is too slow has some left."""


class Spoke(msgspec.Struct):
    """What one speaker sent and was told."""

    frames: int = 0
    delays: list[float] = []  # seconds from when each was sent until it was acknowledged
    events: int = 0
    ordered: bool = True  # whether events came by their numbers, none missing, none twice
    interims: int = 0
    finals: int = 0  # with words
    lag: float = 0.0  # the most seconds of audio that it was told were waiting
    behind: float = 0.0  # the most seconds that a frame was sent late
    ended: str = ""  # why the session did


class Speaker:
    """Use `connected`, `speak` and `over`, in this order."""

    def __init__(self, pcm: bytes, begin: float, seconds: float) -> None:
        """`pcm` is said again and again; it begins `begin` seconds after the others do."""
        self.told = Spoke()
        self._pcm = pcm
        self._begin = begin
        self._count = round((seconds - begin) / FRAME)
        self._sent: list[float] = []  # when
        self._line: ClientConnection
        self._listening: asyncio.Task[None]

    async def connected(self, url: str) -> None:
        protocols = [Subprotocol(SUBPROTOCOL)]
        self._line = await connect(live_url(url), subprotocols=protocols, compression=None)
        await self._line.send(json.dumps({"type": "start", "format": FORMAT}))
        self._listening = asyncio.create_task(self._listen())

    async def speak(self) -> None:
        """Until all is said, or the line is lost."""
        clock = asyncio.get_running_loop().time
        begun = clock() + self._begin
        for number in range(self._count):
            due = begun + (number + 1) * FRAME
            await asyncio.sleep(max(0.0, due - clock()))
            self.told.behind = max(self.told.behind, clock() - due)
            try:
                await self._line.send(pack_frame(Audio(number, block(self._pcm, number))))
            except ConnectionClosed as closed:
                self.told.ended = str(closed)
                return
            self._sent.append(clock())
            self.told.frames += 1

    async def over(self) -> Spoke:
        """Finish, and hear what is still to be said."""
        try:
            await self._line.send('{"type":"finish"}')
            async with asyncio.timeout(LIMIT):
                await self._listening
        except (TimeoutError, ConnectionClosed) as why:
            self.told.ended = self.told.ended or str(why) or "It did not end in time."
        await self._line.close()
        return self.told

    async def _listen(self) -> None:
        clock = asyncio.get_running_loop().time
        async for data in self._line:
            message = json.loads(data)
            if message["type"] == "ack":
                now, told = clock(), self.told.delays
                told.extend(now - sent for sent in self._sent[len(told) : message["frame"] + 1])
            else:
                note(self.told, message)


def block(pcm: bytes, number: int) -> bytes:
    """The frame of that number, where what is said begins anew whenever it is over."""
    at = number * STEP % len(pcm)
    found = pcm[at : at + STEP]
    return found + pcm[: STEP - len(found)]


def note(told: Spoke, message: dict[str, Any]) -> None:
    """Count what is no acknowledgement."""
    match message["type"]:
        case "interim":
            told.interims += 1
        case "event":
            told.events += 1
            told.ordered = told.ordered and message["n"] == told.events
            event = message["event"]
            told.finals += event["type"] == "final" and bool(event["text"])
            if event["type"] == "lagging":
                told.lag = max(told.lag, event["behind"] / SAMPLE_RATE)
        case "bye":
            told.ended = told.ended or message["reason"]
        case "error":
            told.ended = told.ended or message["message"]
