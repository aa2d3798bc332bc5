"""Bytes from the loop to a thread: in order, bounded, and over when it is said."""

import asyncio

import pytest

from vivavoce.engines.hosted.pipe import Pipe

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_thread_reads_what_is_written_in_any_pieces() -> None:
    pipe = Pipe(1000)
    reading = asyncio.create_task(asyncio.to_thread(lambda: [*iter(lambda: pipe.read(3), b"")]))
    for block in (b"a", b"bcdefg", b"", b"h"):
        await pipe.write(block)
    pipe.end()
    parts = await reading
    assert b"".join(parts) == b"abcdefgh"
    assert max(map(len, parts)) <= 3


async def test_a_full_pipe_is_waited_for() -> None:
    pipe = Pipe(4)
    await pipe.write(b"abcd")
    writing = asyncio.create_task(pipe.write(b"e"))
    await asyncio.sleep(0)
    assert not writing.done()
    assert await asyncio.to_thread(pipe.read, 2) == b"ab"
    await writing
    pipe.end()
    assert await asyncio.to_thread(pipe.read, 9) == b"cde"


async def test_an_abandoned_pipe_gives_nothing_more() -> None:
    pipe = Pipe(4)
    await pipe.write(b"abcd")
    pipe.abandon()
    assert await asyncio.to_thread(pipe.read, 9) == b""
