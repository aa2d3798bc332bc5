"""One WebSocket connection, over a line that is as slow as a test wants it."""

import asyncio
from typing import Any

import msgspec
import pytest
from starlette.websockets import WebSocket

from vivavoce.core.commands import Audio
from vivavoce.dialects.base import Resume
from vivavoce.dialects.native import NativeDialect
from vivavoce.dialects.native_messages import pack_frame
from vivavoce.engines.fake import say, silence
from vivavoce.server.services import Services
from vivavoce.server.ws import Connection

pytestmark = pytest.mark.anyio


class Line:
    """The server's end of a WebSocket. While `clear` is not set, nothing can be sent."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.said: list[dict[str, Any]] = []
        self.clear = asyncio.Event()
        self.clear.set()
        self.stuck = asyncio.Event()
        self.ready: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    def come(self, message: str | bytes) -> None:
        kind = "text" if isinstance(message, str) else "bytes"
        self.coming.put_nowait({"type": "websocket.receive", kind: message})

    async def send(self, message: Any) -> None:
        if not self.clear.is_set():
            self.stuck.set()
            await self.clear.wait()
        said = msgspec.json.decode(message["text"]) if "text" in message else message
        self.said.append(said)
        if said["type"] == "ready":
            self.ready.set_result(said)

    def socket(self) -> WebSocket:
        self.coming.put_nowait({"type": "websocket.connect"})
        return WebSocket({"type": "websocket"}, self.coming.get, self.send)


async def test_a_control_message_waits_for_the_frames_before_it(parts: Services) -> None:
    """All of it was on its way already when the gap was told; all of it comes again."""
    line = Line()
    running = asyncio.create_task(Connection(line.socket(), NativeDialect(), parts.hub).run())
    line.come('{"type": "start", "format": {"encoding": "pcm_f32le"}}')
    ready = await line.ready
    audio = [say("alfa").tobytes(), silence(1).tobytes(), say("bravo").tobytes()]
    frames = [pack_frame(Audio(n, payload)) for n, payload in enumerate(audio)]
    line.come(frames[0])
    early: list[str | bytes] = [
        frames[2],
        '{"type": "mark", "label": "end"}',
        frames[0],
        '{"type": "finish"}',
    ]
    for message in (*early, frames[1], frames[2], early[1], early[3]):
        line.come(message)
    await running
    gaps = [said["expected"] for said in line.said if said["type"] == "error"]
    assert gaps == [1]
    events = [said["event"] for said in line.said if said["type"] == "event"]
    assert [event["text"] for event in events if event["type"] == "final"] == ["alfa", "bravo"]
    (marker,) = [event for event in events if event["type"] == "marker"]
    assert marker["at"] == sum(map(len, audio)) // 4
    assert line.said[-2] == {"type": "bye", "reason": "finished"}
    assert (await parts.repository.get("local", ready["session"])).state == "done"


async def test_who_lost_the_session_is_told_so_even_while_sending(parts: Services) -> None:
    """Were it told by an error that may be tried again, it would take the session back."""
    line = Line()
    running = asyncio.create_task(Connection(line.socket(), NativeDialect(), parts.hub).run())
    line.come('{"type": "start", "format": {}}')
    ready = await line.ready
    line.clear.clear()
    line.come(pack_frame(Audio(0, bytes(3200))))
    await line.stuck.wait()
    seat = await parts.hub.resume(Resume(ready["session"], ready["token"], 1, 0))
    line.come(pack_frame(Audio(1, bytes(3200))))
    for _ in range(5):  # turns of the loop in which it may be read
        await asyncio.sleep(0)
    line.clear.set()
    await running
    bye, close = line.said[-2:]
    assert bye == {"type": "bye", "reason": "held"}
    assert (close["type"], close["code"]) == ("websocket.close", 4409)
    assert "error" not in [said["type"] for said in line.said]
    seat.leave()
