"""Processes that we start, and that are over when we say so: whoever is cancelled while they start
one, or while they wait for its end, leaves none behind."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

Done = TypeVar("Done")

BLOCK: Final = 1 << 16
"""Bytes that are read at once of what nobody wants to know any more."""

LAST: Final = 1.0
"""Seconds for what it said last: a process of its own may still hold the other end."""


async def persevere(step: Callable[[], Awaitable[Done]]) -> Done:
    """Do it, and again whenever a cancellation cut it short; who was cancelled hears of it then.

    It must be something that ends by itself, and that does no harm twice.
    """
    cut: asyncio.CancelledError | None = None
    while True:
        try:
            done = await step()
        except asyncio.CancelledError as error:
            cut = error
        else:
            break
    if cut is not None:
        raise cut
    return done


async def start(
    *command: str, env: dict[str, str], limit: int = BLOCK, own_session: bool = False
) -> Process:
    """Start one that is spoken with by pipes, of which `limit` bytes are held here.

    Raises `OSError`.
    """
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=limit,
            env=env,
            start_new_session=own_session,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # In the middle of it there would be a process that nobody knows.
        with suppress(asyncio.CancelledError):
            await persevere(lambda: asyncio.wait([starting]))
        if not starting.cancelled() and starting.exception() is None:
            process = starting.result()
            kill(process)
            with suppress(asyncio.CancelledError):
                await persevere(lambda: reaped(process, process.stdout, process.stderr))
        raise


def kill(process: Process) -> None:
    """As often as one likes."""
    with suppress(ProcessLookupError):
        process.kill()


async def reaped(process: Process, *pipes: asyncio.StreamReader | None) -> None:
    """Wait for the end of one that was killed, and read these of its pipes to theirs: that closes
    them, and until then `Process.wait` says nothing where somebody stopped reading."""
    assert process.stdin is not None
    process.stdin.close()
    over = False
    while not over:
        over = process.returncode is not None
        for pipe in pipes:
            assert pipe is not None
            await _drained(pipe)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST):
                await process.wait()
    # A task: whoever is cancelled in `wait_closed` takes the future of everybody with them.
    await asyncio.wait([asyncio.create_task(_closed(process.stdin))])


async def _drained(pipe: asyncio.StreamReader) -> None:
    # That somebody else reads it to its end is a RuntimeError.
    with suppress(RuntimeError, TimeoutError):
        async with asyncio.timeout(LAST):
            while await pipe.read(BLOCK):
                pass


async def _closed(pipe: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        await pipe.wait_closed()
