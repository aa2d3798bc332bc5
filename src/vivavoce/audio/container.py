"""Any audio or video container, finished or growing, decoded in a process of its own."""

import asyncio
import os
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path

import numpy as np

from vivavoce.audio import child
from vivavoce.audio.growth import Growth, opened
from vivavoce.audio.pcm import Mono
from vivavoce.audio.sniff import HEAD, foreign
from vivavoce.core.errors import BadAudio

_SAMPLE = 4  # bytes of a float32

LOOK, LOOKS = 30.0, 20
"""Seconds, and how often in a row: a decoder that has the whole file and says nothing for ten
minutes hangs. One that computes for nothing is ended sooner (`bounds.py`)."""


async def decode(path: Path, growth: Growth, name: str) -> AsyncGenerator[Mono, None]:
    """Yield the 16 kHz mono samples of a container's first sound track as the file grows.

    The decoder reads no further than the samples are taken. When the generator is closed,
    its process is killed and reaped. Raises `BadAudio` for what cannot be decoded at all,
    `OurError` if the process breaks; whatever is raised by `growth` comes through.
    """
    await _refuse_foreign(path, growth, name)
    process = await child.start("vivavoce.audio.decoder", os.fspath(path))
    telling = asyncio.create_task(_tell(process, growth))
    try:
        async with aclosing(_samples(process, growth, name)) as stream:
            async for samples in stream:
                yield samples
        await process.wait()
        if telling.done():
            telling.result()
        if process.returncode:
            raise await child.failure(process, name)
    finally:
        await child.stop(process, telling)
        if not telling.cancelled():
            telling.exception()  # it is raised above if it matters


async def _refuse_foreign(path: Path, growth: Growth, name: str) -> None:
    while growth.size < HEAD and not growth.complete:
        await growth.changed()
    if growth.size == 0:
        raise BadAudio(f"{name} is empty.")
    with opened(path, name) as file:
        what = foreign(file.read(min(HEAD, growth.size)))
    if what is not None:
        raise BadAudio(f"{name} is not audio: it looks like {what}.")


async def _tell(process: Process, growth: Growth) -> None:
    """Tell the decoder how far it may read, until the file is complete."""
    assert process.stdin is not None
    try:
        while not process.stdin.is_closing():  # uvloop does not take a write to a closed pipe
            size, complete = growth.size, growth.complete
            process.stdin.write(f"{size}{' end' if complete else ''}\n".encode())
            await process.stdin.drain()
            if complete:
                return
            if (growth.size, growth.complete) == (size, complete):
                await growth.changed()
    except (BrokenPipeError, ConnectionResetError):
        return  # it ended already; its exit status says why
    except Exception:
        with suppress(ProcessLookupError):
            process.kill()  # or it would wait for ever, and we for it
        raise


async def _samples(process: Process, growth: Growth, name: str) -> AsyncGenerator[Mono, None]:
    rest = b""
    while data := await _some(process, growth, name):
        data = rest + data
        whole = len(data) - len(data) % _SAMPLE
        rest = data[whole:]
        if whole:
            yield np.frombuffer(data[:whole], np.float32)


async def _some(process: Process, growth: Growth, name: str) -> bytes:
    """The next bytes. Raises `BadAudio` where the whole file is there, and nothing comes of it."""
    assert process.stdout is not None
    looks = 0
    while True:
        try:
            async with asyncio.timeout(LOOK):
                return await process.stdout.read(child.PIPE)
        except TimeoutError:
            looks = looks + 1 if growth.complete else 0
            if looks == LOOKS:
                raise child.too_slow(name) from None
