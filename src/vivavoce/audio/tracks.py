"""A sound track that comes in packets, decoded in a process of its own."""

import asyncio
from asyncio import IncompleteReadError
from asyncio.subprocess import Process
from typing import Final

from vivavoce.audio import child
from vivavoce.audio.packet import ANSWER, MOST, Packet
from vivavoce.core.errors import OurError

PATIENCE: Final = 60.0
"""Seconds for a packet; the first one's decoder may have to start on a busy machine. One that
computes for nothing is ended sooner (`bounds.py`)."""


class DecodedTrack:
    """Packets in, 48 kHz mono PCM (16-bit little-endian) out. `stop` it at the end."""

    def __init__(self, name: str) -> None:
        """`name` is what errors call it."""
        self._name = name
        self._process: Process | None = None

    async def start(self) -> None:
        """If it was not yet. Raises `OurError`."""
        if self._process is None:
            self._process = await child.start("vivavoce.audio.track_decoder")

    async def decode(self, packet: Packet) -> bytes:
        """The sound that this packet brings, after silence for what was lost before it; none if
        it is damaged. One at a time.

        Raises `BadAudio` for what no sound is, `OurError` if the process breaks.
        """
        await self.start()
        assert self._process is not None
        try:
            async with asyncio.timeout(PATIENCE):
                pcm = await self._ask(self._process, packet)
                if pcm is None:
                    await self._process.wait()
        except TimeoutError:
            raise child.too_slow(self._name) from None
        if pcm is None:
            raise await child.failure(self._process, self._name)
        return pcm

    async def stop(self) -> None:
        """Let go of the process."""
        if self._process is not None:
            await child.stop(self._process)

    async def _ask(self, process: Process, packet: Packet) -> bytes | None:
        """None if it has ended."""
        assert process.stdin is not None
        assert process.stdout is not None
        if process.stdin.is_closing():  # uvloop does not take a write to a closed pipe
            return None
        try:
            process.stdin.write(packet.packed())
            await process.stdin.drain()
            (size,) = ANSWER.unpack(await process.stdout.readexactly(ANSWER.size))
            if size > MOST:
                raise OurError(f"The audio decoder said {size} bytes for a packet of {self._name}.")
            return await process.stdout.readexactly(size)
        except (ConnectionError, IncompleteReadError):
            return None
