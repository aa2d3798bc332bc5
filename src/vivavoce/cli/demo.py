"""`vivavoce demo`: the whole product in twenty seconds, without a microphone.

The clip is LJ001-0005 of LJSpeech (Linda Johnson, LibriVox), in the public domain.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from vivavoce.cli import chaos as chaos_demo
from vivavoce.cli.console import stderr, stdout
from vivavoce.cli.microphone import playing
from vivavoce.cli.own_server import OwnServer
from vivavoce.cli.sending import sending
from vivavoce.cli.words import Words
from vivavoce.client import connect
from vivavoce.core.errors import OurError
from vivavoce.core.events import Final, Interim
from vivavoce.live.capacity import CLIP


def demo(
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Cut the line and kill the server in mid-word.")
    ] = False,
) -> None:
    """Send a bundled clip through a real server at speaking pace."""
    if not chaos:
        asyncio.run(_demo())
    elif not asyncio.run(chaos_demo.show()):
        raise typer.Exit(1)


async def _demo() -> None:
    stderr().print("Starting a server with an empty library of its own ...", style="dim")
    async with _server() as url:
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
async def _server() -> AsyncIterator[str]:
    """The address of a server that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="vivavoce-demo-") as folder:
        server = OwnServer(Path(folder))
        try:
            await server.start()
            yield server.url
        finally:
            await server.stop()
