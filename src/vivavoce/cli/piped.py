"""Bytes from a pipe, without keeping the event loop or the exit of the program waiting."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import BinaryIO

from vivavoce.core.errors import BadAudio

BLOCK = 1 << 16
AHEAD = 16  # blocks read but not taken yet


async def standard_input() -> AsyncIterator[bytes]:
    """What is piped in. Raises `BadAudio` when that is a person at a keyboard."""
    if sys.stdin.isatty():
        raise BadAudio("Nothing is piped in; give a file's name, or pipe audio into this command.")
    async for block in _blocks(sys.stdin.buffer):
        yield block


async def _blocks(pipe: BinaryIO) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue(AHEAD)

    def read() -> None:
        with suppress(CancelledError, RuntimeError):  # the loop is gone, and so is our reader
            while True:
                block = pipe.read(BLOCK)
                asyncio.run_coroutine_threadsafe(queue.put(block), loop).result()
                if not block:
                    return

    # A daemon: a thread of the loop's own would hold up Ctrl-C until the pipe says something.
    threading.Thread(target=read, daemon=True, name="stdin").start()
    while block := await queue.get():
        yield block
