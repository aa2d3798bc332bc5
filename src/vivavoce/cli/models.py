"""`vivavoce models`: the engines that there are, what they can do, and how models get here."""

from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from vivavoce.cli.console import show_table, stderr, stdout
from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Availability, Capabilities
from vivavoce.plugins import available, fetcher

COLUMNS = ("Engine", "Model", "MB", "Languages", "Can", "Licence", "State", "To do")
ABILITIES = ("interims", "word_times", "diarization", "translations", "hot_words")
NAMES = {"diarization": "speakers"}

app = typer.Typer(name="models")


@app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """Show the engines that are installed here or could be, and what they can do."""
    if context.invoked_subcommand is not None:
        return
    found = available()
    rows = [row for engine in found for row in _rows(engine)]
    console = stdout()
    if not console.is_terminal:
        show_table(COLUMNS, rows)
        return
    show_table(COLUMNS[:-1], [row[:-1] for row in rows])
    for engine in found:
        if engine.hint:
            console.print(Text(f"{engine.name}: ", style="bold").append(engine.hint, "not bold"))


@app.command()
def pull(
    name: Annotated[
        str, typer.Argument(metavar="ENGINE:MODEL", help="E.g. whisper:small.", show_default=False)
    ],
) -> None:
    """Download a model to where its engine finds it, and print the folder."""
    engine, _, model = name.partition(":")
    if not model:
        raise EngineError(f"{name!r} is not ENGINE:MODEL, such as whisper:small.")
    fetch = fetcher(engine)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=stderr(),
        disable=not stderr().is_terminal,
    )
    with bar:
        task = bar.add_task(model, total=None)
        folder = fetch(model, lambda here, size: bar.update(task, completed=here, total=size))
    stdout().print(str(folder), soft_wrap=True, markup=False)


def _rows(engine: Availability) -> list[tuple[str, ...]]:
    known = engine.capabilities
    state = "ready" if engine.usable else "to set up" if engine.installed else "not installed"
    if known is None:
        return [(engine.name, "", "", "", "", "", state, engine.hint)]
    said = (_languages(known), _abilities(known), known.licence, state, engine.hint)
    rows: list[tuple[str, ...]] = [(engine.name, known.model, str(known.size_mb or ""), *said)]
    if known.better:
        better = (_languages(known), "better finals", known.licence, state, engine.hint)
        rows.append((engine.name, known.better, "", *better))
    return rows


def _languages(known: Capabilities) -> str:
    return "many" if "*" in known.languages else ", ".join(known.languages)


def _abilities(known: Capabilities) -> str:
    able = [NAMES.get(name, name) for name in ABILITIES if getattr(known, name)]
    return ", ".join(able).replace("_", " ")
