"""How many may connect, in all and from one address; and that they cost nobody else anything."""

import asyncio
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import websockets
from h2.errors import ErrorCodes
from websockets.exceptions import InvalidStatus

from vivavoce.config import Settings
from vivavoce.server.transport import admission as module
from vivavoce.server.transport.admission import Admission, default_most, group, within
from vivavoce.testing.http2 import http2
from vivavoce.testing.small_app import Address, Served, serving, until

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
KEPT = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"

THOUSANDS = 10_000


async def ask(address: Address, since: str = "127.0.0.1") -> bytes:
    """The first line of an answer; empty: the connection was cut."""
    reader, writer = await asyncio.open_connection(*address, local_addr=(since, 0))
    try:
        writer.write(GET)
        return (await reader.read()).partition(b"\r\n")[0]
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::9", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_what_is_counted_as_one_address(host: str, counted: str) -> None:
    assert group(host) == counted


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("127.0.0.1", True),
        ("::ffff:127.0.0.1", True),
        ("::1", True),
        ("128.0.0.1", False),
        ("2001:db8::1", False),
        ("nobody", False),
    ],
)
def test_which_addresses_are_in_a_network(host: str, found: bool) -> None:
    assert within(host, ("127.0.0.0/8", "::1/128")) == found


def test_one_address_never_has_all_places(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, max_connections=100, connections_per_address=1000)
    found = Admission.of(settings)
    assert (found.most, found.most_per_address) == (100, 50)
    assert Admission.of(Settings(data_dir=tmp_path)).most == default_most() > 0


async def test_thousands_from_one_address_cost_the_others_nothing(room: int) -> None:
    admission = Admission(most=1000, most_per_address=50)
    flood: list[socket.socket] = []
    loop = asyncio.get_running_loop()
    async with serving(admission) as served:
        try:
            for number in range(min(THOUSANDS, room)):
                one = socket.socket()
                one.setblocking(False)
                flood.append(one)
                await loop.sock_connect(one, served.address)
                if number % 1000 == 999:
                    assert await ask(served.address, "127.0.0.2") == b"HTTP/1.1 200 OK"
                    assert len(admission.places) <= 52
            assert await ask(served.address, "127.0.0.2") == b"HTTP/1.1 200 OK"
            assert await ask(served.address) in (b"HTTP/1.1 429 Too Many Requests", b"")
        finally:
            for one in flood:
                one.close()
        assert admission.turned_away >= len(flood) - 50
        await served.emptied()
        assert await ask(served.address) == b"HTTP/1.1 200 OK"  # for who comes back, all is well


@pytest.fixture
def room() -> Iterator[int]:
    """Connections that this process may hold beside what it needs, both ends of fifty included."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else 2 * THOUSANDS
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(most, 2 * THOUSANDS)), hard))
    yield resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_who_is_turned_away_is_told_in_the_words_of_the_protocol() -> None:
    async with serving(Admission(most=1, most_per_address=1)) as served:
        _, writer = await asyncio.open_connection(*served.address)
        host, port = served.address
        await until(lambda: served.admission.places)

        other, to = await asyncio.open_connection(*served.address)
        to.write(GET)
        answer = (await other.read()).lower()
        assert answer.startswith(b"http/1.1 429 ")
        assert b"\r\nretry-after: 5\r\n" in answer
        to.close()
        with pytest.raises(InvalidStatus) as refused:
            await websockets.connect(f"ws://{host}:{port}/echo", proxy=None)
        assert refused.value.response.status_code == 429
        async with http2(host, port) as client:
            await client.gone()
            assert client.farewell == ErrorCodes.ENHANCE_YOUR_CALM
        writer.close()


async def test_who_is_turned_away_and_says_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vivavoce.server.transport.protocol.REFUSAL", 0.05)
    monkeypatch.setattr(module, "TURNED_AWAY", 1)
    async with serving(Admission(most=1, most_per_address=1)) as served:
        _, first = await asyncio.open_connection(*served.address)
        lines = [await asyncio.open_connection(*served.address) for _ in range(3)]
        for reader, writer in lines:
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
        first.close()


async def test_the_total_counts_every_address() -> None:
    async with serving(Admission(most=2, most_per_address=2)) as served:
        writers = []
        for number in (1, 2):
            _, writer = await asyncio.open_connection(
                *served.address, local_addr=(f"127.0.0.{number}", 0)
            )
            writers.append(writer)
        await until(lambda: len(served.admission.places) == 2)
        assert await ask(served.address, "127.0.0.3") == b"HTTP/1.1 429 Too Many Requests"
        for writer in writers:
            writer.close()


async def test_networks_without_a_limit_have_as_many_as_there_are() -> None:
    found = Admission(most=10, most_per_address=1, unlimited=("127.0.0.0/8",))
    async with serving(found) as served:
        lines = [await asyncio.open_connection(*served.address) for _ in range(8)]
        assert await ask(served.address) == b"HTTP/1.1 200 OK"
        for _, writer in lines:
            writer.close()


async def test_places_are_given_back_whatever_was_spoken() -> None:
    async with serving(Admission()) as served:
        host, port = served.address
        _, silent = await asyncio.open_connection(host, port)
        reader, kept = await asyncio.open_connection(host, port)
        kept.write(KEPT)
        await reader.readuntil(b"GET 0")
        line = await websockets.connect(f"ws://{host}:{port}/echo", proxy=None)
        await line.send("hello")
        assert await line.recv() == "hello"
        async with http2(host, port) as client:
            assert (await client.get("/")).status == 200
            assert len(served.admission.places) == 4
        await line.close()
        silent.close()
        kept.close()
        await served.emptied()


async def test_who_does_not_read_its_last_words_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SWEEP", 0.05)
    async with serving(Admission()) as served:
        sock = unread(served)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, served.address)
        await loop.sock_sendall(sock, b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n")
        await until(lambda: served.admission.places)
        (place,) = served.admission.places
        transport = place.transport
        assert isinstance(transport, asyncio.Transport)
        await until(lambda: transport.get_write_buffer_size())
        transport.close()  # which waits for the client
        await served.emptied()
        sock.close()


def unread(_served: Served) -> socket.socket:
    """One that takes little before somebody reads from it."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    return sock


def test_a_server_may_open_more_files_than_programs_begin_with() -> None:
    program = """
import resource
from vivavoce.server.transport.admission import FILES, allow_files
hard = min(5000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
allow_files()
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(FILES, hard), hard)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
