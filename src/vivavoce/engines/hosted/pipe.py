"""Bytes from an event loop to a thread of a native library that asks for them."""

import asyncio
import threading
from collections import deque


class Pipe:
    """One writer in the loop, one reader in any thread; at most `bound` bytes wait."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._blocks: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._changed = threading.Condition()
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._room.set()

    async def write(self, block: bytes) -> None:
        """Waits while there is no room."""
        await self._room.wait()
        with self._changed:
            self._blocks.append(block)
            self._size += len(block)
            if self._size >= self._bound:
                self._room.clear()
            self._changed.notify()

    def end(self) -> None:
        """No more will be written; the reader gets what waits."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def abandon(self) -> None:
        """The reader gets nothing more."""
        with self._changed:
            self._blocks.clear()
        self.end()

    def read(self, most: int) -> bytes:
        """Up to so many bytes; none at the end. Blocks the calling thread."""
        with self._changed:
            while not self._blocks and not self._ended:
                self._changed.wait()
            found = b""
            while self._blocks and len(found) < most:
                block = self._blocks.popleft()
                taken = block[: most - len(found)]
                found += taken
                if len(taken) < len(block):
                    self._blocks.appendleft(block[len(taken) :])
            self._size -= len(found)
            if self._size < self._bound and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._room.set)
            return found
