"""Engines and aligners are found by entry points, built-ins included.

An engine that needs packages of an extra says which extra in its entry point
(`vosk = "vivavoce.engines.vosk.engine:Vosk [vosk]"`). Engines that only tests use are in a group
of their own: nobody is told of them, but who knows their names can ask for them.
"""

import re
from importlib import import_module
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from typing import Any, Final

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import (
    Aligner,
    Availability,
    BetterEngine,
    Capabilities,
    Diarizer,
    Engine,
    Fetcher,
)

ENGINES: Final = "vivavoce.engines"
ALIGNERS: Final = "vivavoce.aligners"
FOR_TESTS: Final = {ENGINES: "vivavoce.test_engines", ALIGNERS: "vivavoce.test_aligners"}


DIARIZERS: Final = {
    "community-1": "vivavoce.engines.diarizer:Community1",
    "scripted": "vivavoce.engines.fake:ScriptedDiarizer",
}
"""Built in, the last for tests. Any other is named as these are, by its module and class."""


def names(*, tests: bool = False) -> list[str]:
    """Every engine that there is, in order of name; with `tests` also those for tests."""
    return sorted(_found(ENGINES, tests=tests))


def create(name: str) -> Engine:
    """An engine not loaded yet. Raises `EngineError` for a name nobody has, and where packages
    that it needs are not installed."""
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


def create_diarizer(name: str) -> Diarizer:
    """A diarizer not loaded yet. Raises `EngineError` for a name nobody has."""
    module, _, kind = DIARIZERS.get(name, name).partition(":")
    try:
        diarizer: Diarizer = getattr(import_module(module), kind)()
    except (ImportError, AttributeError, ValueError) as error:
        raise EngineError(f"There is no diarizer {name!r}; there is community-1.") from error
    return diarizer


def fetcher(name: str) -> Fetcher:
    """What gets an engine's models. Raises `EngineError` where it has none to get."""
    entry = _entry(ENGINES, name)
    _check_packages(ENGINES, entry)
    found: Fetcher | None = getattr(_loaded(ENGINES, entry), "fetch", None)
    if found is None:
        raise EngineError(f"The engine {name} has no models to download.")
    return found


def capabilities(name: str) -> Capabilities:
    """What an engine can do, without loading its weights. Raises `EngineError`."""
    return create(name).capabilities


def check(name: str) -> None:
    """Raises `EngineError` for an engine nobody has, whether it can be used here or not."""
    _entry(ENGINES, name)


def available() -> list[Availability]:
    """Every engine that people are told of, and whether it can be used."""
    found = _found(ENGINES, tests=False)
    return [_availability(found[name]) for name in sorted(found)]


def availability(name: str) -> Availability:
    """Cheap: nothing is loaded and nothing sent. Raises `EngineError` for a name nobody has."""
    return _availability(_entry(ENGINES, name))


def _availability(entry: EntryPoint) -> Availability:
    name = entry.name
    try:
        engine: Engine = _loaded(ENGINES, entry)()
        known = engine.capabilities
    except EngineError as error:
        return Availability(name=name, installed=False, hint=error.message)
    if hint := _lacking(entry):
        return Availability(name=name, installed=False, capabilities=known, hint=hint)
    missing = engine.missing() if hasattr(engine, "missing") else ""
    return Availability(name=name, installed=True, capabilities=known, hint=missing)


def _found(group: str, *, tests: bool = True) -> dict[str, EntryPoint]:
    groups = (group, FOR_TESTS[group]) if tests else (group,)
    there = entry_points()  # it reads the metadata of every package, so once
    return {entry.name: entry for each in groups for entry in there.select(group=each)}


def _entry(group: str, name: str) -> EntryPoint:
    found = _found(group)
    if name not in found:
        known = ", ".join(sorted(_found(group, tests=False)))
        raise EngineError(f"There is no {_kind(group)} {name!r}; there are {known}.")
    return found[name]


def _made(group: str, name: str) -> Any:
    entry = _entry(group, name)
    _check_packages(group, entry)
    return _loaded(group, entry)()


def _check_packages(group: str, entry: EntryPoint) -> None:
    if lacking := _lacking(entry):
        raise EngineError(f"The {_kind(group)} {entry.name} cannot be used here: {lacking}")


def _loaded(group: str, entry: EntryPoint) -> Any:
    """The class."""
    try:
        return entry.load()
    except ImportError as error:
        why = _lacking(entry) or f"{error}."
        raise EngineError(f"The {_kind(group)} {entry.name} cannot be used here: {why}") from error


def _lacking(entry: EntryPoint) -> str:
    """What to install before it can be used, in a sentence; empty: it is all there."""
    owner = entry.dist
    if owner is None or not entry.extras:
        return ""
    of_extra = re.compile(rf"extra == [\"']({'|'.join(map(re.escape, entry.extras))})[\"']")
    needed = [line for line in owner.requires or () if of_extra.search(line)]
    if all(_installed(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in needed):
        return ""
    return f"pip install '{owner.name}[{','.join(entry.extras)}]'."


def _installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


def _kind(group: str) -> str:
    return group.removeprefix("vivavoce.").removesuffix("s")
