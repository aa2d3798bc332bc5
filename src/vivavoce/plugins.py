"""Engines and aligners are found by entry points, built-ins included."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Aligner, Availability, BetterEngine, Capabilities, Engine

ENGINES = "vivavoce.engines"
ALIGNERS = "vivavoce.aligners"


def names() -> list[str]:
    """Every engine that is installed, in order of name."""
    return sorted(_found(ENGINES))


def create(name: str) -> Engine:
    """An engine not loaded yet. Raises `EngineError` for a name nobody has."""
    engine: Engine = _made(ENGINES, name)
    return engine


def better(name: str) -> BetterEngine | None:
    """An engine, if it has a better model here. Raises `EngineError` for a name nobody has."""
    engine = create(name)
    return engine if engine.capabilities.better else None  # type: ignore[return-value]


def create_aligner(name: str) -> Aligner:
    """An aligner not loaded yet. Raises `EngineError` for a name nobody has."""
    aligner: Aligner = _made(ALIGNERS, name)
    return aligner


def capabilities(name: str) -> Capabilities:
    """What an engine can do, without loading its weights. Raises `EngineError`."""
    return create(name).capabilities


def check(name: str) -> None:
    """Raises `EngineError` for an engine nobody has, whether it can be used here or not."""
    _entry(ENGINES, name)


def available() -> list[Availability]:
    """Every engine known here and whether it can be used."""
    return [_availability(name) for name in names()]


def _availability(name: str) -> Availability:
    try:
        return Availability(name=name, installed=True, capabilities=capabilities(name))
    except EngineError as error:
        return Availability(name=name, installed=False, hint=error.message)


def _found(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=group)}


def _entry(group: str, name: str) -> EntryPoint:
    kind, found = _kind(group), _found(group)
    if name not in found:
        raise EngineError(f"There is no {kind} {name!r}; installed are {', '.join(sorted(found))}.")
    return found[name]


def _made(group: str, name: str) -> Any:
    entry = _entry(group, name)
    try:
        return entry.load()()
    except ImportError as error:
        raise EngineError(f"The {_kind(group)} {name} cannot be used here: {error}.") from error


def _kind(group: str) -> str:
    return group.removeprefix("vivavoce.").removesuffix("s")
