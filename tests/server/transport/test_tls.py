import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from vivavoce.config import Settings
from vivavoce.core.errors import SettingError
from vivavoce.server.transport import handshake, tls
from vivavoce.server.transport.authority import authority, server_certificate
from vivavoce.server.transport.protocol import MAX_MESSAGE
from vivavoce.testing.http2 import http2
from vivavoce.testing.process import ServerProcess, free_port, running

pytestmark = pytest.mark.anyio


class Routes:
    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.begun = asyncio.Event()

    async def told(self, request: Request) -> Response:
        return PlainTextResponse(f"{request.url} {request.scope['http_version']}")

    async def late(self, _request: Request) -> Response:
        self.begun.set()
        await self.go.wait()
        return PlainTextResponse("at last")

    async def echo(self, line: WebSocket) -> None:
        await line.accept()
        try:
            while True:
                await line.send_bytes(await line.receive_bytes())
        except WebSocketDisconnect:
            pass

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/told", self.told),
                Route("/late", self.late),
                WebSocketRoute("/echo", self.echo),
            ]
        )


class Secure:
    """A server on `port`. `context` is a client's, who trusts its authority."""

    def __init__(self, port: int, context: ssl.SSLContext, routes: Routes, stop: tls.Stop) -> None:
        self.port, self.context, self.routes, self.stop = port, context, routes, stop


@asynccontextmanager
async def listening(folder: Path, **settings: Any) -> AsyncIterator[Secure]:
    port, routes = free_port(), Routes()
    found = Settings(data_dir=folder, tls_port=port, **settings)
    async with tls.listening(routes.app, found, {}) as stop:
        trusted = found.tls_cert or authority(tls.folder(found))
        yield Secure(port, ssl.create_default_context(cafile=trusted), routes, stop)


@pytest.fixture
async def secure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Secure]:
    async with listening(tmp_path) as found:
        yield found
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    ("offered", "version"), [(["h2", "http/1.1"], "2"), (["h2"], "2"), (["http/1.1"], "1.1")]
)
async def test_what_the_client_offers_is_chosen(
    secure: Secure, offered: list[str], version: str
) -> None:
    http1, http2 = "http/1.1" in offered, "h2" in offered
    async with httpx2.AsyncClient(
        verify=secure.context, trust_env=False, http1=http1, http2=http2
    ) as client:
        answer = await client.get(f"https://localhost:{secure.port}/told")
    assert answer.http_version == f"HTTP/{version}"
    assert answer.text == f"https://localhost:{secure.port}/told {version}"


async def test_who_offers_nothing_is_heard(secure: Secure) -> None:
    async with http2("localhost", secure.port, secure.context) as client:
        assert (await client.get("/told")).body == b"https://test/told 2"


async def test_websockets(secure: Secure) -> None:
    uri = f"wss://localhost:{secure.port}/echo"
    async with websockets.connect(uri, ssl=secure.context, proxy=None, max_size=None) as line:
        for size in (5, MAX_MESSAGE):
            await line.send(bytes(size))
            assert await line.recv() == bytes(size)
        await line.send(bytes(MAX_MESSAGE + 1))
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await line.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", bytes(99), b"\x16\x03\x01\x00\x05x"]
)
async def test_garbage_ends_the_connection(secure: Secure, garbage: bytes) -> None:
    reader, writer = await asyncio.open_connection("localhost", secure.port)
    writer.write(garbage)
    writer.write_eof()
    await reader.read()
    writer.close()


async def test_who_does_not_shake_hands_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshake, "HANDSHAKE", 0.1)
    async with listening(tmp_path) as secure:
        reader, writer = await asyncio.open_connection("localhost", secure.port)
        assert await reader.read() == b""
        writer.close()


async def test_told_to_stop_it_lets_what_runs_end(secure: Secure) -> None:
    async with http2("localhost", secure.port, secure.context) as client:
        stream = client.request("/late", method="GET", end=True)
        await secure.routes.begun.wait()
        secure.stop()
        await client.see(lambda: client.farewell is not None)
        with pytest.raises(OSError):  # noqa: PT011
            await asyncio.open_connection("localhost", secure.port)
        secure.routes.go.set()
        assert (await client.until(stream, end=True)).body == b"at last"
        await client.gone()


async def test_a_certificate_of_ones_own(tmp_path: Path) -> None:
    made = server_certificate(tmp_path / "own").read_text()
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    where = made.index("-----BEGIN CERT")
    key.write_text(made[:where])
    certificate.write_text(made[where:])
    trusted = ssl.create_default_context(cafile=authority(tmp_path / "own"))
    for settings in (
        {"tls_cert": certificate, "tls_key": key},
        {"tls_cert": made_file(tmp_path, made)},
    ):
        async with (
            listening(tmp_path / "data", **settings) as secure,
            http2("localhost", secure.port, trusted) as client,
        ):
            assert (await client.get("/told")).status == 200
    assert not (tmp_path / "data").exists()  # none was made


def made_file(folder: Path, made: str) -> Path:
    (folder / "both.pem").write_text(made)
    return folder / "both.pem"


async def test_a_certificate_that_is_renewed_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Also after there was something else in its place."""
    monkeypatch.setattr(tls, "LOOK_EVERY", 0.01)
    own = tmp_path / "own.pem"
    own.write_bytes(server_certificate(tmp_path / "one").read_bytes())
    async with listening(tmp_path / "data", tls_cert=own) as secure:
        own.write_bytes(b"half of a ")
        for folder in ("two", "three"):
            trusted = ssl.create_default_context(cafile=authority(tmp_path / folder))
            own.write_bytes(server_certificate(tmp_path / folder).read_bytes())
            while not await believed(secure.port, trusted):
                pass


async def believed(port: int, context: ssl.SSLContext) -> bool:
    try:
        async with http2("localhost", port, context) as client:
            return (await client.get("/told")).status == 200
    except ssl.SSLCertVerificationError:
        return False


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"tls_key": "key.pem", "tls_port": 0}, "tls_key needs a tls_cert that it is the key of."),
        ({"tls_cert": "cert.pem"}, "tls_cert needs a tls_port to be shown on."),
        (
            {"tls_cert": "/none.pem", "tls_port": 0},
            "TLS cannot be served with /none.pem (No such file or directory).",
        ),
        (
            {"tls_cert": __file__, "tls_port": 0},
            f"TLS cannot be served with {__file__} (no certificate with its key in PEM).",
        ),
        (
            {"tls_port": 0, "workers": 2},
            "tls_port cannot be 0 with several workers: each would get its own.",
        ),
    ],
)
async def test_settings_that_cannot_be(
    tmp_path: Path, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingError) as refused:
        async with tls.listening(Routes().app, Settings(data_dir=tmp_path, **settings), {}):
            pass
    assert refused.value.message == sentence


async def test_a_taken_port(secure: Secure, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="Cannot listen for TLS on"):
        async with tls.listening(
            Routes().app, Settings(data_dir=tmp_path, tls_port=secure.port), {}
        ):
            pass


@pytest.mark.parametrize("workers", [1, 2])
def test_the_server_as_it_is_run(tmp_path: Path, workers: int) -> None:
    port = free_port()
    command = ("-m", "vivavoce", "serve", "--port", "{port}", "--workers", str(workers))
    server = ServerProcess(tmp_path, command, engines="scripted", hosts=1, tls_port=port)
    with running(server):
        context = ssl.create_default_context(cafile=server.data_dir / "tls" / "authority.pem")
        for new in (True, False):
            with httpx2.Client(verify=context, trust_env=False, http1=not new, http2=new) as client:
                answer = client.get(f"https://localhost:{port}/ready", timeout=60)
                assert answer.json()["ready"] is True
        with httpx2.Client(http1=False, http2=True, trust_env=False) as plain:
            assert plain.get(f"{server.url}ready", timeout=60).json()["ready"] is True
