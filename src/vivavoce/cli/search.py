"""`vivavoce search`: what was said, in any recording."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from vivavoce.cli.console import show_table
from vivavoce.cli.shelf import LOCAL, Owner, shelf
from vivavoce.config import Settings, load_settings
from vivavoce.library.found import Hit

COLUMNS = ("Recording", "Title", "At", "Said")


def search(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS...", help='Words; "in quotes" as they stand.')
    ],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Utterances shown at most.")] = 20,
    owner: Owner = LOCAL,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the recordings.")] = None,
) -> None:
    """Find what was said in any recording."""
    hits = asyncio.run(_found(load_settings(data_dir=data_dir), owner, " ".join(words), limit))
    show_table(COLUMNS, [_row(hit) for hit in hits])


async def _found(settings: Settings, owner: str, query: str, limit: int) -> tuple[Hit, ...]:
    async with shelf(settings, owner) as found:
        return await found.search(query, limit)


def _row(hit: Hit) -> tuple[str, ...]:
    minutes, seconds = divmod(int(hit.at), 60)
    text = "".join(piece.text for piece in hit.snippet)
    # A title or a text may hold a tab or an escape; neither is for a terminal or a table.
    title, said = (_plain(part) for part in (hit.title, text))
    return hit.recording, title, f"{minutes // 60}:{minutes % 60:02}:{seconds:02}", said


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
