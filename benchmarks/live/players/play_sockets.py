"""The players of the peers that are servers: their own WebSocket protocols, as their clients do.

python -m benchmarks.live.players.play_sockets whisperlivekit|whisper-live PORT
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from vivavoce.bench.generator import Line, Plan, Stream, pace, run, samples

PATIENCE = 20.0
"""Seconds in which a session must be there, and after the last sample the last words."""

QUIET = 3.0
"""Seconds without news after which no more are waited for."""


class WhisperLiveKit:
    """Sends its whole screen each time: lines, which it keeps, and a buffer, which may change."""

    path = "asr"

    async def begin(self, line: ClientConnection) -> None:
        await line.recv()  # its configuration

    async def finish(self, line: ClientConnection) -> None:
        await line.send(b"")

    def read(self, message: Line) -> tuple[str, str] | None:
        """The stable text and the tail."""
        if "lines" not in message:
            return None
        kept = " ".join(one["text"] for one in message["lines"] if one["text"])
        return kept, message["buffer_transcription"]

    def over(self, message: Line) -> bool:
        return message.get("type") == "ready_to_stop"


class WhisperLive:
    """Sends its last ten segments each time; a segment is completed or may change."""

    path = ""

    def __init__(self) -> None:
        self._completed: dict[str, str] = {}  # by their start

    async def begin(self, line: ClientConnection) -> None:
        start = {"uid": str(id(self)), "language": "en", "task": "transcribe", "model": "tiny.en"}
        await line.send(json.dumps({**start, "use_vad": True, "audio_format": "int16"}))
        while json.loads(await line.recv()).get("message") != "SERVER_READY":
            pass

    async def finish(self, line: ClientConnection) -> None:
        """It ends at once, so its clients wait for the last words before they say so."""

    def read(self, message: Line) -> tuple[str, str] | None:
        if "segments" not in message:
            return None
        tail = ""
        for segment in message["segments"]:
            if segment.get("completed"):
                self._completed[segment["start"]] = segment["text"]
            else:
                tail = segment["text"]
        return " ".join(self._completed.values()), tail

    def over(self, message: Line) -> bool:
        return message.get("message") == "DISCONNECT"


Peer = WhisperLiveKit | WhisperLive


async def speak(kind: Callable[[], Peer], port: str, stream: Stream, zero: float) -> list[Line]:
    told: list[Line] = []
    peer = kind()
    try:
        async with connect(f"ws://localhost:{port}/{peer.path}", max_size=None) as line:
            async with asyncio.timeout(PATIENCE):
                await peer.begin(line)
            listening = asyncio.create_task(_listen(peer, line, zero, told))
            behind = await pace(samples(stream), zero, _sender(line))
            await peer.finish(line)
            await _wait(listening, told, zero)
    except TimeoutError:
        return [*told, {"refused": "It did not end in time."}]
    except (OSError, WebSocketException) as error:
        return [*told, {"refused": str(error)}]
    return [*told, {"behind": behind}]


def _sender(line: ClientConnection) -> Callable[[int, bytes], Awaitable[None]]:
    async def send(_number: int, frame: bytes) -> None:
        await line.send(frame)

    return send


async def _listen(peer: Peer, line: ClientConnection, zero: float, told: list[Line]) -> None:
    """The whole stream is one utterance here: neither says when one is over."""
    clock = asyncio.get_running_loop().time
    before = ("", "")
    with suppress(ConnectionClosed):
        async for data in line:
            message = json.loads(data)
            if peer.over(message):
                return
            screen = peer.read(message)
            if screen is not None and screen != before:
                before, (stable, tail) = screen, screen
                told.append(
                    {
                        "t": clock() - zero,
                        "utterance": "all",
                        "text": f"{stable} {tail}",
                        "stable": stable,
                        "final": False,
                    }
                )


async def _wait(listening: "asyncio.Task[None]", told: list[Line], zero: float) -> None:
    """Until the peer has said all, or says nothing any more."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    while not listening.done() and clock() < begun + PATIENCE:
        await asyncio.sleep(0.1)
        newest = max(begun, zero + told[-1]["t"]) if told else begun
        if clock() > newest + QUIET:
            break
    listening.cancel()


def main() -> None:
    kinds: dict[str, Callable[[], Peer]] = {
        "whisperlivekit": WhisperLiveKit,
        "whisper-live": WhisperLive,
    }
    kind, port = kinds[sys.argv[1]], sys.argv[2]
    print(flush=True)  # ready
    for line in sys.stdin:
        plan = msgspec.json.decode(line, type=Plan)
        run(plan, lambda stream, zero: speak(kind, port, stream, zero))


if __name__ == "__main__":
    main()
