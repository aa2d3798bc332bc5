"""`vivavoce models`: the engines that are here, and what they can do."""

from vivavoce.cli.console import show_table
from vivavoce.engines.base import Availability, Capabilities
from vivavoce.plugins import available

COLUMNS = ("Engine", "Model", "MB", "Languages", "Can", "Licence", "State")
ABILITIES = ("word_times", "confidence", "diarization", "translation", "hot_words")


def models() -> None:
    """Show the engines that are installed here, and what they can do."""
    show_table(COLUMNS, [_row(engine) for engine in available()])


def _row(engine: Availability) -> tuple[str, ...]:
    known = engine.capabilities
    state = "installed" if engine.installed else engine.hint
    if known is None:
        return (engine.name, "", "", "", "", "", state)
    languages = "any" if "*" in known.languages else ", ".join(known.languages)
    size = str(known.size_mb or "")
    return (engine.name, known.model, size, languages, _abilities(known), known.licence, state)


def _abilities(known: Capabilities) -> str:
    streaming = "streams by itself" if known.kind == "native" else "streams in windows"
    able = [name.replace("_", " ") for name in ABILITIES if getattr(known, name)]
    return ", ".join([streaming, *able])
