"""Engines are found by entry points in the group `vivavoce.engines`, built-ins included."""

from importlib.metadata import EntryPoint, entry_points

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Availability, Capabilities, Engine

GROUP = "vivavoce.engines"


def names() -> list[str]:
    """Every engine that is installed, in order of name."""
    return sorted(_found())


def create(name: str) -> Engine:
    """An engine not loaded yet. Raises `EngineError` for a name nobody has."""
    entry = _entry(name)
    try:
        engine: Engine = entry.load()()
    except ImportError as error:
        raise EngineError(f"The engine {name} cannot be used here: {error}.") from error
    return engine


def capabilities(name: str) -> Capabilities:
    """What an engine can do, without loading its weights. Raises `EngineError`."""
    return create(name).capabilities


def available() -> list[Availability]:
    """Every engine known here and whether it can be used."""
    return [_availability(name) for name in names()]


def _availability(name: str) -> Availability:
    try:
        return Availability(name=name, installed=True, capabilities=capabilities(name))
    except EngineError as error:
        return Availability(name=name, installed=False, hint=error.message)


def _found() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _entry(name: str) -> EntryPoint:
    found = _found()
    if name not in found:
        raise EngineError(f"There is no engine {name!r}; installed are {', '.join(sorted(found))}.")
    return found[name]
