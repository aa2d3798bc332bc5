"""The native protocol with nothing but `websockets`: a WAV file in, words out.

usage: python raw_websocket.py FILE.wav [ws://localhost:8000]
"""

import asyncio
import json
import sys
import wave

from websockets.asyncio.client import ClientConnection, connect


async def transcribe(path: str, server: str) -> None:
    url = f"{server.rstrip('/')}/api/v1/live"
    with wave.open(path) as file:
        assert file.getsampwidth() == 2, "16-bit samples are due"
        format = {"encoding": "pcm_s16le", "rate": file.getframerate()}
        format["channels"] = file.getnchannels()
        async with connect(url, subprotocols=["vivavoce.v1"]) as line:  # type: ignore[list-item]
            await line.send(json.dumps({"type": "start", "format": format}))
            sending = asyncio.create_task(send(file, line))
            await read(line)
            await sending


async def send(file: wave.Wave_read, line: ClientConnection) -> None:
    """Frames of a tenth of a second, each after its number; then no more."""
    number = 0
    while pcm := file.readframes(file.getframerate() // 10):
        await line.send(number.to_bytes(8, "big") + pcm)
        number += 1
    await line.send(json.dumps({"type": "finish"}))


async def read(line: ClientConnection) -> None:
    async for message in line:
        said = json.loads(message)
        event = said.get("event", {})
        match said["type"], event.get("type"):
            case "interim", _:
                print(f"\r{said['stable']}{said['tail']}", end="", file=sys.stderr)
            case "event", "final":
                print(event["text"])
            case "error", _:
                sys.exit(said["message"])
            # "ack" says which frames are safe: after a break, the others are sent again.


if __name__ == "__main__":
    asyncio.run(transcribe(sys.argv[1], (sys.argv[2:] or ["ws://localhost:8000"])[0]))
