"""`vivavoce usage`: what was sent to engines, and what it costs."""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from vivavoce.cli.console import show_table
from vivavoce.cli.shelf import LOCAL, Owner, shelf
from vivavoce.config import Settings, load_settings
from vivavoce.core.types import Use, seconds
from vivavoce.library.usage import by_model

COLUMNS = ("Engine", "Model", "Seconds", "Cost")


def usage(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day that counts, UTC.")
    ] = None,
    days: Annotated[bool, typer.Option("--days", help="One line for each day.")] = False,
    owner: Owner = LOCAL,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the recordings.")] = None,
) -> None:
    """Show how much audio was sent to each engine, and what that costs."""
    settings = load_settings(data_dir=data_dir)
    found = asyncio.run(_usage(since and since.date(), settings, owner))
    if days:
        rows = [(day.isoformat(), *_row(use, settings)) for day, use in found]
        show_table(("Day", *COLUMNS), rows)
    else:
        show_table(COLUMNS, [_row(use, settings) for use in by_model(use for _, use in found)])


async def _usage(since: date | None, settings: Settings, owner: str) -> list[tuple[date, Use]]:
    async with shelf(settings, owner) as found:
        return await found.usage(since)


def _row(use: Use, settings: Settings) -> tuple[str, ...]:
    cost = settings.cost(use.engine, use.samples)
    told = "" if cost is None else f"{cost:.4f}"
    return use.engine, use.model, f"{seconds(use.samples):.1f}", told
