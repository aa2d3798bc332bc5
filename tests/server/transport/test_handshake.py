"""Connections on the port for TLS are counted from their first packet, secure or not."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from h2.errors import ErrorCodes
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from vivavoce.config import Settings
from vivavoce.server.transport import handshake, protocol, tls
from vivavoce.server.transport.admission import STATE, Admission
from vivavoce.server.transport.authority import authority
from vivavoce.testing.http2 import http2
from vivavoce.testing.process import free_port
from vivavoce.testing.small_app import until

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
"""How a client's first message of TLS begins, without the rest of it."""


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": request.param}


class Secure:
    """A server with room for two connections from an address, for three in all."""

    def __init__(
        self, port: int, context: ssl.SSLContext, admission: Admission, stop: tls.Stop
    ) -> None:
        self.port, self.context, self.admission, self.stop = port, context, admission, stop

    async def ask(self, since: str = "127.0.0.1") -> bytes:
        """The first line of an answer. Raises `OSError` where the connection is cut."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.context, local_addr=(since, 0)
        )
        try:
            writer.write(GET)
            return (await reader.read()).partition(b"\r\n")[0]
        finally:
            writer.close()

    async def half(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that never shakes hands."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(HELLO)
        return reader, writer


async def hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


@pytest.fixture
async def secure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Secure]:
    found = Settings(data_dir=tmp_path, tls_port=free_port())
    assert found.tls_port is not None
    admission = Admission(most=3, most_per_address=2)
    app = Starlette(routes=[Route("/", hello)])
    async with tls.listening(app, found, {STATE: admission}) as stop:
        context = ssl.create_default_context(cafile=authority(tls.folder(found)))
        yield Secure(found.tls_port, context, admission, stop)
    assert not admission.places
    assert "Traceback" not in caplog.text


async def test_half_open_ones_are_counted_and_cost_the_others_nothing(
    secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshake, "REFUSAL", 0.05)
    lines = [await secure.half() for _ in range(200)]
    await until(lambda: secure.admission.turned_away == 198)
    assert len(secure.admission.places) == 2
    assert await secure.ask("127.0.0.2") == b"HTTP/1.1 200 OK"
    for _, writer in lines:
        writer.close()
    await until(lambda: not secure.admission.places)
    assert await secure.ask() == b"HTTP/1.1 200 OK"  # for who comes back, all is well


async def test_who_is_turned_away_is_told_why_in_secret(
    secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (handshake, protocol):
        monkeypatch.setattr(module, "REFUSAL", 60)
    lines = [await secure.half() for _ in range(2)]
    await until(lambda: len(secure.admission.places) == 2)
    assert await secure.ask() == b"HTTP/1.1 429 Too Many Requests"
    async with http2("127.0.0.1", secure.port, secure.context) as client:
        await client.gone()
        assert client.farewell == ErrorCodes.ENHANCE_YOUR_CALM
    for _, writer in lines:
        writer.close()


async def test_who_is_too_slow_gives_its_place_back(
    secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshake, "HANDSHAKE", 0.05)
    reader, writer = await secure.half()
    assert await reader.read() == b""
    await until(lambda: not secure.admission.places)
    writer.close()


async def test_a_server_that_stops_waits_for_no_handshake(secure: Secure) -> None:
    reader, writer = await secure.half()
    await until(lambda: secure.admission.places)
    secure.stop()
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"", HELLO])
async def test_who_goes_in_the_middle_gives_its_place_back(secure: Secure, garbage: bytes) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", secure.port)
    writer.write(garbage)
    writer.close()
    await until(lambda: not secure.admission.places)
    assert await secure.ask() == b"HTTP/1.1 200 OK"
