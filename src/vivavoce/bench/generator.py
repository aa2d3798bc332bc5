"""The load generator: streams at the pace of speech over `vivavoce.v1`, and what came when.

    python -m vivavoce.bench.generator URL < plans.jsonl > told.jsonl

It is a process of its own, and speaks the protocol bare, as any client might. A frame is sent
when its last sample would have been spoken. For each line with a plan it prints one JSON line
for each interim, final and revised final: `stream`, `t` (seconds since the stream's first
sample), `utterance`, `text`, `stable`, `final`, `revised`, `start` and `end` (samples), `words`,
`model`; one for each flush (`flush`: when it was sent); one when the server says that it lags
(`lags`: seconds); one for each stream's end (`behind`: the most seconds that a frame was sent
late, or `refused`: why it was not served, and `again`: whether it was told to try again); and an
empty one when all is said.
"""

import asyncio
import json
import sys
import wave
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from vivavoce.client.address import live_url
from vivavoce.core.commands import Audio
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.dialects.native_messages import SUBPROTOCOL, pack_frame

FRAME = 0.1  # seconds
STEP = round(FRAME * SAMPLE_RATE) * 2  # bytes
GREETING = 2.0
"""Seconds in which all streams connect before the first speaks."""
PATIENCE = 60.0
"""Seconds after the last sample in which the last words may still come."""


class Stream(msgspec.Struct, frozen=True):
    """One speaker. Times in seconds."""

    wav: str  # a file of 16 kHz, 16 bit, mono
    begin: float = 0.0  # how long after the others' it begins to speak
    length: float | None = None  # how much of the file; None: all
    flushes: tuple[float, ...] = ()  # at which times to ask for what is final so far
    options: dict[str, int] = {}


class Plan(msgspec.Struct, frozen=True):
    streams: tuple[Stream, ...]


Line = dict[str, Any]


def run(plan: Plan, speak: Callable[[Stream, float], Awaitable[list[Line]]]) -> None:
    """Let all speak side by side, then print what was told."""

    async def everybody() -> list[list[Line]]:
        zero = asyncio.get_running_loop().time() + GREETING
        return await asyncio.gather(*(speak(one, zero + one.begin) for one in plan.streams))

    for number, lines in enumerate(asyncio.run(everybody())):
        for line in lines:
            print(json.dumps({"stream": number, **line}))
    print(flush=True)


def samples(stream: Stream) -> bytes:
    """The stream's audio."""
    with wave.open(stream.wav) as file:
        assert file.getparams()[:3] == (1, 2, SAMPLE_RATE), f"{stream.wav} is not 16 kHz mono"
        length = file.getnframes() if stream.length is None else stream.length * SAMPLE_RATE
        pcm: bytes = file.readframes(round(length))
        return pcm


async def pace(pcm: bytes, zero: float, send: Callable[[int, bytes], Awaitable[None]]) -> float:
    """Send frame by frame, each once it is spoken; the most that one was late, in seconds."""
    clock = asyncio.get_running_loop().time
    behind = 0.0
    for number, at in enumerate(range(0, len(pcm), STEP)):
        due = zero + (number + 1) * FRAME
        await asyncio.sleep(max(0.0, due - clock()))
        behind = max(behind, clock() - due)
        await send(number, pcm[at : at + STEP])
    return behind


async def speak(url: str, stream: Stream, zero: float) -> list[Line]:
    """One session, from its start to the server's goodbye."""
    told: list[Line] = []
    try:
        async with connect(
            live_url(url), subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None, max_size=None
        ) as line:
            format = {"encoding": "pcm_s16le", "rate": SAMPLE_RATE, "channels": 1}
            start = {"type": "start", "format": format, "options": stream.options}
            await line.send(json.dumps(start))
            listening = asyncio.create_task(_listen(line, zero, told))
            behind = await _talk(line, stream, zero, told)
            async with asyncio.timeout(PATIENCE):
                await listening
    except TimeoutError:
        return [*told, {"refused": "It did not end in time."}]
    except (OSError, WebSocketException) as error:
        return [*told, {"refused": str(error)}]
    return [*told, {"behind": behind}]


async def _talk(line: ClientConnection, stream: Stream, zero: float, told: list[Line]) -> float:
    clock = asyncio.get_running_loop().time
    flushes = [*stream.flushes]

    async def send(number: int, frame: bytes) -> None:
        await line.send(pack_frame(Audio(number, frame)))
        if flushes and (number + 1) * FRAME >= flushes[0]:
            told.append({"flush": clock() - zero})
            flushes.pop(0)
            await line.send('{"type":"flush"}')

    behind = await pace(samples(stream), zero, send)
    await line.send('{"type":"finish"}')
    return behind


async def _listen(line: ClientConnection, zero: float, told: list[Line]) -> None:
    clock = asyncio.get_running_loop().time
    try:
        async for data in line:
            message = json.loads(data)
            event = message.get("event", message)
            if event["type"] in ("interim", "final", "revised"):
                told.append(_told(event, clock() - zero))
            elif event["type"] == "error":
                told.append({"refused": event["message"], "again": event["retryable"]})
            elif event["type"] == "lagging":
                told.append({"t": clock() - zero, "lags": event["behind"] / SAMPLE_RATE})
    except ConnectionClosed as closed:
        told.append({"refused": str(closed)})


def _told(event: Line, t: float) -> Line:
    final = event["type"] != "interim"  # or a later reading of a final
    text = event["text"] if final else event["stable"] + event["tail"]
    return {
        "t": t,
        "utterance": event["id"],
        "text": text,
        "stable": text if final else event["stable"],
        "final": final,
        "revised": event["type"] == "revised",
        "start": event.get("start"),
        "end": event.get("end"),
        "words": event.get("words", []),
        "model": event.get("model", ""),
    }


def main() -> None:
    url = sys.argv[1]
    print(flush=True)  # ready
    for line in sys.stdin:
        plan = msgspec.json.decode(line, type=Plan)
        run(plan, lambda stream, zero: speak(url, stream, zero))


if __name__ == "__main__":
    main()
