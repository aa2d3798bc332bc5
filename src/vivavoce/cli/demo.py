"""`vivavoce demo`: the whole product in twenty seconds, without a microphone.

The clip is LJ001-0005 of LJSpeech (Linda Johnson, LibriVox), in the public domain.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from vivavoce.cli.console import stderr, stdout
from vivavoce.cli.microphone import BLOCK, playing
from vivavoce.cli.sending import sending
from vivavoce.cli.words import Words
from vivavoce.client import connect
from vivavoce.config import PREFIX
from vivavoce.core.errors import OurError
from vivavoce.core.events import Final, Interim
from vivavoce.live.capacity import CLIP

START_LIMIT = 60.0  # seconds


def demo() -> None:
    """Send a bundled clip through a real server at speaking pace."""
    asyncio.run(_demo())


async def _demo() -> None:
    stderr().print("Starting a server with an empty library of its own ...", style="dim")
    with tempfile.TemporaryDirectory(prefix="vivavoce-demo-") as folder:
        async with _server(Path(folder)) as url:
            stderr().print(f"A clip is being spoken to {url}:\n", style="dim")
            first, last = await _converse(url)
    console = stdout()
    console.print(
        f"\nFirst words {first:.1f} s after they began; final {last:.1f} s after the end."
    )
    console.print("Next: `vivavoce serve` and open the page, or `vivavoce listen`.", style="dim")


async def _converse(url: str) -> tuple[float, float]:
    """Show the words; the seconds that the first and the last of them took."""
    clock = asyncio.get_running_loop().time
    heard: list[float] = []
    async with playing(str(CLIP)) as (format, blocks), connect(url, format) as session:
        start = clock()
        async with sending(session, blocks) as sent:
            with Words() as words:
                async for event in session:
                    words.show(event)
                    if isinstance(event, Final) or (isinstance(event, Interim) and not heard):
                        heard.append(clock())
    if not heard:
        raise OurError("The demo's server heard nothing; `vivavoce doctor` may know why.")
    return heard[0] - start, heard[-1] - sent.result()


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[str]:
    """A server process on a free port, gone afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = {k: v for k, v in os.environ.items() if not k.upper().startswith(PREFIX)}
    log = folder / "log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "vivavoce", "serve", "--port", port]
        process = subprocess.Popen(  # noqa: ASYNC220  # it returns at once
            [*command, "--data-dir", str(folder / "data"), "--log-level", "warning"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        url = f"http://localhost:{port}"
        await _until_ready(url, process, log)
        yield url
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)


async def _until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    async with (
        httpx2.AsyncClient(base_url=url, trust_env=False) as http,
        asyncio.timeout(START_LIMIT),
    ):
        while process.poll() is None:
            try:
                if (await http.get("/ready")).is_success:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(BLOCK)
    raise OurError(f"The demo's server did not start: {_last_line(log)}")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "it said nothing.")
