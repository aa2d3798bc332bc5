"""What bounds a client holds under gunicorn as it does under `vivavoce serve`."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from vivavoce.testing.http2 import http2
from vivavoce.testing.process import GUNICORN, ServerProcess, running

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="gunicorn does not run there"),
]

HEADERS = b"GET /health HTTP/1.1\r\nhost: localhost\r\n"
BODY = (
    b"POST /api/v1/recordings HTTP/1.1\r\nhost: localhost\r\n"
    b"content-type: audio/wav\r\ncontent-length: 9999\r\n\r\n"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    found = ServerProcess(
        tmp_path_factory.mktemp("worker"),
        GUNICORN,
        engine="scripted",
        hosts=1,
        trusted_hosts="test",
        unlimited_networks="192.0.2.0/24",
        connections_per_address=20,
        headers_s=1,
        body_s=1,
    )
    with running(found):
        yield found


async def said(server: ServerProcess, begun: bytes) -> bytes:
    """All that a client is told that sends no more than this."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(begun)
    answer = await reader.read()
    writer.close()
    return answer


@asynccontextmanager
async def silent(server: ServerProcess, many: int) -> AsyncIterator[None]:
    """Connections of clients that say nothing."""
    lines = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(many)]
    try:
        yield
    finally:
        for _, writer in lines:
            writer.close()


async def test_slow_headers(server: ServerProcess) -> None:
    assert (await said(server, HEADERS)).startswith(b"HTTP/1.1 408 ")


async def test_a_slow_body(server: ServerProcess) -> None:
    assert (await said(server, BODY)).startswith(b"HTTP/1.1 408 ")


async def test_http2(server: ServerProcess) -> None:
    async with http2("127.0.0.1", server.port) as client:
        assert (await client.get("/health")).status == 200


async def test_too_many_from_one_address(server: ServerProcess) -> None:
    async with silent(server, 20):
        assert (await said(server, HEADERS)).startswith(b"HTTP/1.1 429 ")
