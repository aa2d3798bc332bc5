"""What processes print is logged, whole, and nobody waits for it."""

import asyncio
import os
import sys

import pytest
from structlog.testing import capture_logs

from vivavoce.live.overheard import MOST, Overheard

pytestmark = pytest.mark.anyio


async def printed(program: str) -> list[str]:
    """What is logged of a program, once it has ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    with capture_logs() as logs:
        overheard = Overheard(process.stderr, "some-engine", process.pid)
        await process.wait()
        await overheard.stop()
    assert all(log["event"] == "printed" and log["host"] == "some-engine" for log in logs)
    assert all((log["pid"], log["log_level"]) == (process.pid, "warning") for log in logs)
    return [log["said"] for log in logs]


async def test_a_traceback_is_there_to_its_last_line() -> None:
    said = "\n".join(await printed("def f(): raise ValueError('broken')\nf()"))
    assert said.startswith("Traceback (most recent call last):")
    assert said.endswith("ValueError: broken")


async def test_what_is_no_text_is_shown_as_well_as_it_can() -> None:
    program = r"import os; os.write(2, b'caf\xe9\n')"
    assert await printed(program) == ["caf\N{REPLACEMENT CHARACTER}"]


async def test_nothing_is_logged_of_who_says_nothing() -> None:
    assert await printed("") == []
    assert await printed("import os; os.write(2, b'\\n')") == []


async def test_who_prints_a_lot_is_not_held_up() -> None:
    said = await printed("import os\nfor n in range(200): os.write(2, b'x' * 9999 + b'\\n')")
    assert sum(text.count("x") for text in said) == 200 * 9999
    assert max(map(len, said)) <= MOST


async def test_who_holds_the_other_end_does_not_keep_it_from_stopping() -> None:
    reading, writing = os.pipe()
    try:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb")
        )
        overheard = Overheard(reader, "some-engine", 1)
        await overheard.stop()
        transport.close()
    finally:
        os.close(writing)
