"""Clients that vanish, that never read, or that send more than they should."""

import socket
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import httpx2
import pytest
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from vivavoce.client.address import live_url
from vivavoce.core.commands import Audio
from vivavoce.dialects.native_messages import pack_frame
from vivavoce.engines.fake import WORDS, say, silence
from vivavoce.testing.bystander import bystander
from vivavoce.testing.family import Peak
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.sse import messages
from vivavoce.testing.wire import FLOAT, encoded, open_wire

pytestmark = pytest.mark.anyio

SENTENCES = 400
BOUND = 48 << 20
"""Bytes that a client who never reads may cost the server."""


async def finals(server: ServerProcess, recording: str) -> tuple[list[str], str]:
    """All that became final, and why the recording ended; waits for its end."""
    async with browser(server) as http:
        events = [m.data["event"] async for m in messages(http, recording) if m.id is not None]
    return [e["text"] for e in events if e["type"] == "final"], events[-1]["reason"]


async def test_a_client_that_vanishes(scripted: ServerProcess) -> None:
    async with bystander(scripted.url):
        async with open_wire(scripted.url) as wire:
            ready = await wire.start()
            await wire.frame(0, say("alfa", "bravo").tobytes() + silence(1).tobytes())
            await wire.frame(1, say("charlie", "delta").tobytes())
            await wire.until("ack", frame=1)
            wire.line.transport.abort()
        heard, reason = await finals(scripted, ready["session"])
    assert (heard, reason) == (["alfa bravo", "charlie delta"], "abandoned")


async def test_a_client_that_never_reads(scripted: ServerProcess) -> None:
    async with bystander(scripted.url), browser(scripted) as http:
        with Peak(scripted.pid) as peak, Deaf(scripted) as line:
            line.send(encoded(type="start", format=FLOAT, options={"title": "deaf"}))
            number = 0
            for words in sentences():
                for payload in (say(*words).tobytes(), silence(0.6).tobytes()):
                    line.send(pack_frame(Audio(number, payload)))
                    number += 1
                # Asked again for what it has: an answer to each, if the server let itself.
                for _ in range(20):
                    line.send(pack_frame(Audio(0, b"")))
            found = (await http.get("/api/v1/recordings")).json()["items"]
            recording = next(each["id"] for each in found if each["title"] == "deaf")
            # Only when all of it is heard, because hanging up throws away what is on its way.
            heard: list[str] = []
            async with aclosing(messages(http, recording)) as events:
                while len(heard) < SENTENCES:
                    if (event := await anext(events)).type == "final":
                        heard.append(event.data["event"]["text"])
        assert heard == [" ".join(words) for words in sentences()]
        assert await finals(scripted, recording) == (heard, "abandoned")
    assert peak.growth() < BOUND


def browser(server: ServerProcess) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False)


def sentences() -> Iterator[list[str]]:
    for at in range(SENTENCES):
        yield [WORDS[(at + i) % len(WORDS)] for i in range(4)]


class Deaf:
    """A WebSocket that is written to and never read, over a socket that takes next to nothing."""

    def __init__(self, server: ServerProcess) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self._socket.settimeout(120)
        self._socket.connect(("127.0.0.1", server.port))
        self._protocol = ClientProtocol(parse_uri(live_url(server.url)))
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        while not self._protocol.handshake_exc and self._protocol.state.name == "CONNECTING":
            self._protocol.receive_data(self._socket.recv(2048))
        assert self._protocol.handshake_exc is None

    def send(self, data: str | bytes) -> None:
        if isinstance(data, str):
            self._protocol.send_text(data.encode())
        else:
            self._protocol.send_binary(data)
        self._flush()

    def __enter__(self) -> "Deaf":
        return self

    def __exit__(self, *exception: Any) -> None:
        self._socket.close()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self._socket.sendall(data)
