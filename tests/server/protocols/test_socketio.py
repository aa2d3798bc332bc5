"""Socket.IO's transport: who may connect, what is no packet, who does not read, and the end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from vivavoce.dialects.azure_app import MAX_MESSAGE
from vivavoce.server.line import LineLost
from vivavoce.server.protocols.socketio_line import MOST_HEARD, MOST_UNREAD, SocketLine
from vivavoce.testing.process import ServerProcess

pytestmark = pytest.mark.anyio

HANDSHAKE = "socket.io/?EIO=4&transport="
STOP = '42["stop_transcription"]'
STOPPED = '42["transcription",{"text":"Transcription stopped."}]'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("server")
    server = ServerProcess(folder, engines="scripted", hosts=1, origins="https://app.example")
    server.start()
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


@asynccontextmanager
async def engine(server: ServerProcess, **headers: str) -> AsyncIterator[ClientConnection]:
    """An Engine.IO WebSocket, opened."""
    url = f"{server.url.replace('http', 'ws')}{HANDSHAKE}websocket"
    async with connect(url, additional_headers=headers) as ws:
        assert str(await ws.recv()).startswith("0{")
        yield ws


@asynccontextmanager
async def socket(server: ServerProcess) -> AsyncIterator[ClientConnection]:
    """And Socket.IO's default namespace on it."""
    async with engine(server) as ws:
        await ws.send("40")
        assert str(await ws.recv()).startswith("40{")
        yield ws


async def polled(server: ServerProcess, origin: str) -> httpx2.Response:
    async with httpx2.AsyncClient() as http:
        return await http.get(f"{server.url}{HANDSHAKE}polling", headers={"Origin": origin})


async def test_a_page_from_elsewhere_may_not_connect(server: ServerProcess) -> None:
    answer = await polled(server, "https://evil.example")
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers
    with pytest.raises(InvalidStatus):
        async with engine(server, Origin="https://evil.example"):
            pass


async def test_ours_and_those_of_the_setting_may(server: ServerProcess) -> None:
    for origin in (f"http://localhost:{server.port}", "https://app.example"):
        answer = await polled(server, origin)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in answer.headers
        async with engine(server, Origin=origin):
            pass


@pytest.mark.parametrize(
    "rubbish",
    [
        "42[",
        "42{}",
        "42[[]]",
        "42[null]",
        '42["connect",{}]',
        '42["\\ud800",{}]',
        "42" + "[" * 100_000,
        "41/elsewhere,",
        "44",
        "49",
        "9",
        "4",
        b"\x00\x01",
    ],
)
async def test_what_is_no_event_is_passed_over(server: ServerProcess, rubbish: str | bytes) -> None:
    async with socket(server) as ws:
        await ws.send(rubbish)
        await ws.send(STOP)
        assert await ws.recv() == STOPPED


@pytest.mark.parametrize("rubbish", ["x", "", "4" + "x" * MAX_MESSAGE])
async def test_what_is_no_packet_ends_the_line(server: ServerProcess, rubbish: str) -> None:
    async with socket(server) as ws:
        await ws.send(rubbish)
        with pytest.raises(ConnectionClosed):
            await ws.recv()


async def test_parts_that_never_come_are_not_gathered(server: ServerProcess) -> None:
    async with socket(server) as ws:
        await ws.send('4599999999-["audio_data",{"_placeholder":true,"num":0}]')
        await ws.send(STOP)
        assert await ws.recv() == STOPPED


async def test_many_packets_in_one_request_are_all_heard(server: ServerProcess) -> None:
    """A polling client that was held up sends what it has gathered."""
    async with httpx2.AsyncClient(base_url=server.url) as http:
        opened = (await http.get(f"{HANDSHAKE}polling")).text
        url = f"{HANDSHAKE}polling&sid={json.loads(opened[1:])['sid']}"
        assert (await http.post(url, content="40")).text == "OK"
        heard = ""
        assert (await http.post(url, content="\x1e".join([STOP] * 100))).text == "OK"
        while heard.count(STOPPED) < 100:
            heard += (await http.get(url)).text


async def test_a_goodbye_ends_the_request_that_waits(server: ServerProcess) -> None:
    """Engine.IO itself would end it after 45 s, which clients wait for, and so does a stop."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=40) as http:
        opened = (await http.get(f"{HANDSHAKE}polling")).text
        url = f"{HANDSHAKE}polling&sid={json.loads(opened[1:])['sid']}"
        await http.post(url, content="40")
        await http.get(url)
        waiting = asyncio.create_task(http.get(url))
        await turns()
        await http.post(url, content="\x1e".join(["41", "1"]))
        assert (await waiting).status_code in (200, 400)  # 400: it came after the goodbye


async def test_a_stop_lets_every_client_go(tmp_path: Path) -> None:
    """In a way after which it connects again: the engine's close, not the namespace's."""
    server = ServerProcess(tmp_path, engines="scripted", hosts=1)
    server.start()
    async with socket(server) as ws, httpx2.AsyncClient(base_url=server.url, timeout=60) as http:
        opened = (await http.get(f"{HANDSHAKE}polling")).text
        url = f"{HANDSHAKE}polling&sid={json.loads(opened[1:])['sid']}"
        polling = asyncio.create_task(http.get(url))
        await ws.send('42["start_transcription"]')
        while "Speech session started" not in str(await ws.recv()):
            pass
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        said = ""
        with suppress(ConnectionClosed):
            while True:
                said = str(await ws.recv())
        assert said == "1"
        assert (await polling).text == "1"
        await stopping
    assert "Traceback" not in server.log, server.log


# --- the line by itself


class Engine:
    """What a line sees of the server: one socket, whose client reads when a test says so."""

    def __init__(self) -> None:
        self.eio = self.manager = self
        self.sockets = {"engine": self}
        self.queue: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    def eio_sid_from_sid(self, _sid: str, _namespace: str) -> str:
        return "engine"

    async def emit(self, name: str, data: Any, to: str) -> None:
        self.queue.put_nowait((name, data))


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_who_sends_faster_than_it_is_heard_waits() -> None:
    line = SocketLine(Engine(), "sid", "local")
    event = {"audio": "A" * 65_536}
    coming = asyncio.create_task(_send(line, event, 100))
    await turns()
    assert not coming.done()
    for _ in range(100):
        name, data = json.loads(await line.hear())
        assert (name, data) == ("audio_data", event)
    await coming
    assert 100 * len(event["audio"]) > MOST_HEARD


async def _send(line: SocketLine, event: Any, times: int) -> None:
    for _ in range(times):
        await line.come("audio_data", event)


async def test_what_came_before_the_end_is_heard() -> None:
    line = SocketLine(Engine(), "sid", "local")
    await line.come("stop_transcription")
    line.lose()
    assert not line.over
    assert await line.hear() == '["stop_transcription"]'
    assert line.over
    with pytest.raises(LineLost):
        await line.hear()


async def test_to_a_client_that_does_not_read_nothing_more_is_said() -> None:
    engine = Engine()
    line = SocketLine(engine, "sid", "local")
    saying = asyncio.create_task(_say(line, MOST_UNREAD + 1))
    await turns()
    assert engine.queue.qsize() == MOST_UNREAD
    assert not saying.done()
    engine.queue.get_nowait()
    await saying


async def test_who_is_gone_holds_nobody_up() -> None:
    engine = Engine()
    line = SocketLine(engine, "sid", "local")
    saying = asyncio.create_task(_say(line, MOST_UNREAD + 1))
    coming = asyncio.create_task(_send(line, {"audio": "A" * MOST_HEARD}, 2))
    await turns()
    line.lose()
    await asyncio.gather(saying, coming)
    assert engine.queue.qsize() <= MOST_UNREAD


async def _say(line: SocketLine, times: int) -> None:
    for _ in range(times):
        await line.say('["debug",{"message":"again"}]')


async def test_what_json_cannot_say_is_passed_over() -> None:
    line = SocketLine(Engine(), "sid", "local")
    await line.come("\ud800")
    await line.come("stop_transcription")
    assert await line.hear() == '["stop_transcription"]'


async def test_nobody_is_there_to_hear_the_test_message(app: FastAPI) -> None:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.get("/test-emit")
    assert (answer.status_code, answer.text) == (200, "Test message sent to all clients")
