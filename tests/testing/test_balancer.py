"""The balancer of the tests: each line to the next server that takes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from vivavoce.testing.balancer import Balancer
from vivavoce.testing.process import own_port

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def echo(name: bytes) -> AsyncIterator[int]:
    """A server that says its name, and then what it is told, until it hears `bye`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(name)
        while (line := await reader.readline()) not in (b"", b"bye\n"):
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def ask(url: str, *lines: bytes) -> bytes:
    """Everything that is said until the line ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.writelines([*lines, b"bye\n"])
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_each_line_goes_to_the_next_server_that_takes_it() -> None:
    dead = type("Dead", (), {})()
    async with echo(b"a\n") as a, echo(b"b\n") as b, Balancer([a, own_port(dead), b]) as found:
        assert [await ask(found.url) for _ in range(4)] == [b"a\n", b"b\n", b"b\n", b"a\n"]


async def test_lines_at_once_do_not_take_each_others_turns() -> None:
    dead = type("Dead", (), {})()
    async with echo(b"a\n") as a, Balancer([own_port(dead), a]) as found:
        answers = await asyncio.gather(*(ask(found.url) for _ in range(8)))
        assert answers == [b"a\n"] * 8


async def test_bytes_go_both_ways_to_the_last() -> None:
    async with echo(b"a\n") as a, Balancer([a]) as found:
        many = [b"%d\n" % n for n in range(100_000)]
        assert await ask(found.url, *many) == b"a\n" + b"".join(many)


async def test_where_all_are_dead_the_line_ends() -> None:
    dead = type("Dead", (), {})()
    async with Balancer([own_port(dead)]) as found:
        assert await ask(found.url) == b""


async def test_a_line_ends_at_both_ends() -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, Balancer([server.sockets[0].getsockname()[1]]) as found:
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(found.url).port)
        writer.close()
        await writer.wait_closed()
        await ended.wait()
