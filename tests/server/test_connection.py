"""One connection, over a WebSocket that is as slow as a test wants it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from starlette.websockets import WebSocket

from vivavoce.core.commands import Audio, Finish, Start
from vivavoce.core.events import Final, Numbered
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Answer, Bye, Manners, Ready, Request, Resume, Say, Wire
from vivavoce.dialects.native import NativeDialect
from vivavoce.dialects.native_messages import pack_frame
from vivavoce.engines.fake import say, silence
from vivavoce.server.connection import Connection
from vivavoce.server.line import LineLost, WebSocketLine
from vivavoce.server.services import Services

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

    async def accepted(self) -> WebSocketLine:
        self.coming.put_nowait({"type": "websocket.connect"})
        ws = WebSocket({"type": "websocket"}, self.coming.get, self.send)
        await ws.accept()
        return WebSocketLine(ws)


async def connected(line: Line, parts: Services) -> Connection:
    return Connection(await line.accepted(), NativeDialect(), parts.hub, "local")


async def test_a_control_message_waits_for_the_frames_before_it(parts: Services) -> None:
    """All of it was on its way already when the gap was told; all of it comes again."""
    line = Line()
    running = asyncio.create_task((await connected(line, parts)).run())
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
    running = asyncio.create_task((await connected(line, parts)).run())
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


class Walkie:
    """A dialect of three words: `over` starts a session, `out` ends it; the rest is audio.

    It knows no resume, and its line carries one session after another.
    """

    manners = Manners(1 << 16, repeats=True)

    def __init__(self) -> None:
        self._frames = 0

    def greet(self) -> Sequence[Wire]:
        return ["hello"]

    def receive(self, message: Wire) -> Sequence[Request]:
        if isinstance(message, bytes):
            self._frames += 1
            return [Audio(self._frames - 1, message)]
        if message == "over":
            self._frames = 0
            return [Start(AudioFormat("pcm_f32le"))]
        return [Finish()] if message == "out" else [Say("what?")]

    def send(self, answer: Answer) -> Sequence[Wire]:
        match answer:
            case Ready():
                return [answer.session]
            case Numbered(event=Final() as final):
                return [final.text]
            case Bye():
                return [answer.reason]
        return ()


class Talk:
    """A line of text and bytes. After the last it is lost, once `until` sessions have finished."""

    def __init__(self, *messages: Wire, until: int = 0) -> None:
        self._messages = list(messages)
        self._until = until
        self._over = asyncio.Event()
        self.said: list[Wire] = []
        self.closed: int | None = None

    async def hear(self) -> Wire:
        if self._messages:
            return self._messages.pop(0)
        if self._until:
            await self._over.wait()
        raise LineLost

    async def say(self, wire: Wire) -> None:
        self.said.append(wire)
        if self.said.count("finished") == self._until:
            self._over.set()

    async def close(self, code: int, reason: str) -> None:
        self.closed = code


async def test_one_session_follows_another_on_a_line(parts: Services) -> None:
    words = [say(word).tobytes() for word in ("alfa", "bravo")]
    line = Talk("over", words[0], "out", "eh", "over", words[1], "out", until=2)
    await Connection(line, Walkie(), parts.hub, "local").run()
    line.said.remove("what?")  # it is answered at once, whatever the session does
    first, second = line.said[1], line.said[4]
    assert line.said == ["hello", first, "alfa", "finished", second, "bravo", "finished"]
    assert first != second
    assert line.closed is None


class Slow(Talk):
    """Hears its last message while it says that a session has finished, and takes its time."""

    def __init__(self, *messages: Wire, until: int) -> None:
        super().__init__(*messages, until=until)
        self._finishing = asyncio.Event()

    async def hear(self) -> Wire:
        if len(self._messages) == 1:
            await self._finishing.wait()
        return await super().hear()

    async def say(self, wire: Wire) -> None:
        if wire == "finished":
            self._finishing.set()
        for _ in range(5):  # turns of the loop
            await asyncio.sleep(0)
        await super().say(wire)


async def test_what_is_being_answered_when_a_session_ends_is_answered(parts: Services) -> None:
    line = Slow("over", say("alfa").tobytes(), "out", "eh", until=1)
    await Connection(line, Walkie(), parts.hub, "local").run()
    assert line.said[2:] == ["alfa", "finished", "what?"]


async def test_a_lost_line_finishes_what_cannot_be_resumed(parts: Services) -> None:
    line = Talk("over", say("alfa").tobytes())
    await Connection(line, Walkie(), parts.hub, "local").run()
    session = str(line.said[1])
    await parts.hub.sealed(session)
    recording = await parts.repository.get("local", session)
    assert (recording.state, recording.reason, recording.preview) == ("done", "finished", "alfa")


async def test_a_message_too_large_is_refused_in_the_protocols_own_words(parts: Services) -> None:
    line = Talk("over", bytes((1 << 16) + 1))
    await Connection(line, Walkie(), parts.hub, "local").run()
    assert line.closed == 1009
