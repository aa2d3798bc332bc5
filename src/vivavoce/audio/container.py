"""Any audio or video container, finished or growing, decoded in a process of its own."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path

import numpy as np

from vivavoce import processes
from vivavoce.audio.growth import Growth, opened
from vivavoce.audio.pcm import Mono
from vivavoce.audio.sniff import HEAD, foreign
from vivavoce.core.errors import BadAudio, OurError, VivavoceError
from vivavoce.processes import persevere

_SAMPLE = 4  # bytes of a float32
_PIPE = 1 << 16  # bytes held here before the decoder has to wait
_SPUN = getattr(signal, "SIGXCPU", 0)  # how the system ends a decoder that has nothing to show
_SECRET = re.compile("KEY|SECRET|TOKEN|PASS|CREDENTIAL|URL", re.IGNORECASE)
_FAULT = 2  # decoder.FAULT, which is not imported: that would load FFmpeg into this process

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
    process = await _start(path)
    telling = asyncio.create_task(_tell(process, growth))
    try:
        async with aclosing(_samples(process, growth, name)) as stream:
            async for samples in stream:
                yield samples
        await process.wait()
        if telling.done():
            telling.result()
        if process.returncode:
            raise await _failure(process, name)
    finally:
        await _stop(process, telling)


async def _refuse_foreign(path: Path, growth: Growth, name: str) -> None:
    while growth.size < HEAD and not growth.complete:
        await growth.changed()
    if growth.size == 0:
        raise BadAudio(f"{name} is empty.")
    with opened(path, name) as file:
        what = foreign(file.read(min(HEAD, growth.size)))
    if what is not None:
        raise BadAudio(f"{name} is not audio: it looks like {what}.")


async def _start(path: Path) -> Process:
    # -P: a file in the working directory must not pass for one of our modules.
    command = [sys.executable, "-P", "-m", "vivavoce.audio.decoder", os.fspath(path)]
    try:
        return await processes.start(
            *command,
            env=_environment(),
            limit=_PIPE,
            own_session=True,  # Ctrl-C in a terminal is for us: the last words are wanted
        )
    except OSError as error:
        raise OurError(f"The audio decoder cannot be started: {error.strerror}.") from error


def _environment() -> dict[str, str]:
    """Ours, without what is secret: a file may be made to take the decoder over."""
    plain = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    return plain | {"OPENBLAS_NUM_THREADS": "1"}  # each thread takes address space


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
                return await process.stdout.read(_PIPE)
        except TimeoutError:
            looks = looks + 1 if growth.complete else 0
            if looks == LOOKS:
                raise BadAudio(f"{name} takes longer to decode than any sound does.") from None


async def _failure(process: Process, name: str) -> VivavoceError:
    assert process.stderr is not None
    said = (await process.stderr.read()).decode(errors="replace").strip()
    if process.returncode == -_SPUN:
        return BadAudio(f"{name} takes longer to decode than any sound does.")
    if process.returncode == _FAULT:
        return BadAudio(f"{name} {json.loads(said)['fault']}.")
    last = said.rsplit("\n", 1)[-1]
    why = f": {last}" if last else ""
    return OurError(
        f"The audio decoder stopped in the middle of {name} (status {process.returncode}){why}."
    )


async def _stop(process: Process, telling: asyncio.Task[None]) -> None:
    """Leave no process, task or pipe behind."""
    telling.cancel()
    if process.returncode is None:
        processes.kill(process)

    async def over() -> None:
        await asyncio.wait([telling])
        await processes.reaped(process, process.stdout, process.stderr)

    await persevere(over)
    if not telling.cancelled():
        telling.exception()  # `decode` raised it if it matters
