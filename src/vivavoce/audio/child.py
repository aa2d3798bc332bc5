"""A process that decodes what strangers send (`confined.py`), as its parent has it."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import Process
from typing import Final

from vivavoce import processes
from vivavoce.audio.confined import FAULT
from vivavoce.core.errors import BadAudio, OurError, VivavoceError
from vivavoce.processes import persevere

PIPE: Final = 1 << 16
"""Bytes held here before the process has to wait."""

SPUN: Final = getattr(signal, "SIGXCPU", 0)
"""How the system ends one that has nothing to show."""

_SECRET = re.compile("KEY|SECRET|TOKEN|PASS|CREDENTIAL|URL", re.IGNORECASE)


async def start(module: str, *arguments: str) -> Process:
    """Start the one that is this module. Raises `OurError`."""
    try:
        return await processes.start(
            # -P: a file in the working directory must not pass for one of our modules.
            *(sys.executable, "-P", "-m", module, *arguments),
            env=_environment(),
            limit=PIPE,
            own_session=True,  # Ctrl-C in a terminal is for us: the last words are wanted
        )
    except OSError as error:
        raise OurError(f"The audio decoder cannot be started: {error.strerror}.") from error


def _environment() -> dict[str, str]:
    """Ours, without what is secret: a file may be made to take the decoder over."""
    plain = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    return plain | {"OPENBLAS_NUM_THREADS": "1"}  # each thread takes address space


def too_slow(name: str) -> BadAudio:
    return BadAudio(f"{name} takes longer to decode than any sound does.")


async def failure(process: Process, name: str) -> VivavoceError:
    """Why it has ended before `name` was decoded."""
    assert process.stderr is not None
    said = (await process.stderr.read()).decode(errors="replace").strip()
    if process.returncode == -SPUN:
        return too_slow(name)
    if process.returncode == FAULT:
        return BadAudio(f"{name} {json.loads(said)['fault']}.")
    last = said.rsplit("\n", 1)[-1]
    why = f": {last}" if last else ""
    return OurError(
        f"The audio decoder stopped in the middle of {name} (status {process.returncode}){why}."
    )


async def stop(process: Process, *tasks: asyncio.Task[None]) -> None:
    """Leave no process, pipe, or task that writes to it behind."""
    for task in tasks:
        task.cancel()
    if process.returncode is None:
        processes.kill(process)

    async def over() -> None:
        if tasks:
            await asyncio.wait(tasks)
        await processes.reaped(process, process.stdout, process.stderr)

    await persevere(over)
