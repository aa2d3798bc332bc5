"""`vivavoce models`: the engines that are here, and what they can do."""

import typer

from vivavoce.cli.console import show_table, stderr
from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Availability, Capabilities
from vivavoce.plugins import available, better

COLUMNS = ("Engine", "Model", "MB", "Languages", "Can", "Licence", "State")
ABILITIES = ("word_times", "confidence", "diarization", "translations", "hot_words")

app = typer.Typer(name="models")


@app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """Show the engines that are installed here, and what they can do."""
    if context.invoked_subcommand is None:
        show_table(COLUMNS, [row for engine in available() for row in _rows(engine)])


@app.command()
def pull() -> None:
    """Make now what would be made when it is first needed: the models of better finals."""
    for engine in available():
        found = better(engine.name) if engine.installed else None
        if found is not None and not found.prepared:
            stderr().print(f"Making {found.capabilities.better}, once ...")
            found.prepare()
    rows = [row for engine in available() for row in _better_rows(engine)]
    if not rows:
        raise EngineError(
            "No engine here has a better model; Moonshine's comes with "
            "pip install 'vivavoce[better]'."
        )
    show_table(COLUMNS, rows)


def _rows(engine: Availability) -> list[tuple[str, ...]]:
    known = engine.capabilities
    state = "installed" if engine.installed else engine.hint
    if known is None:
        return [(engine.name, "", "", "", "", "", state)]
    size = str(known.size_mb or "")
    row = (engine.name, known.model, size, _languages(known), _abilities(known), known.licence)
    return [(*row, state), *_better_rows(engine)]


def _better_rows(engine: Availability) -> list[tuple[str, ...]]:
    """The model of its better finals, if it has one here."""
    found = better(engine.name) if engine.installed else None
    if found is None:
        return []
    known = found.capabilities
    state = "ready" if found.prepared else "installed; made ready at first use"
    return [(engine.name, known.better, "", _languages(known), "finals", known.licence, state)]


def _languages(known: Capabilities) -> str:
    return "any" if "*" in known.languages else ", ".join(known.languages)


def _abilities(known: Capabilities) -> str:
    streaming = "streams by itself" if known.kind == "native" else "streams in windows"
    able = [name.replace("_", " ") for name in ABILITIES if getattr(known, name)]
    return ", ".join([streaming, *able])
