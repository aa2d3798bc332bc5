"""The documentation names what there is: all of it, and nothing else."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from vivavoce.cli.main import app
from vivavoce.config import PREFIX, Settings
from vivavoce.core.errors import SettingError, VivavoceError
from vivavoce.core.events import Event, Interim
from vivavoce.live.news import KINDS
from vivavoce.server import app as server
from vivavoce.telemetry.metrics import METRICS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

OF_WEBSOCKETS = {1000}
"""Close codes that are no error's."""

TEST = "test"
"""What a webhook is told when somebody asks for it."""


def descendants(cls: type[Any]) -> Iterator[type[Any]]:
    for child in cls.__subclasses__():
        yield child
        yield from descendants(child)


def errors() -> list[type[VivavoceError]]:
    """Those that a peer can see: all that a server raises once it runs."""
    assert server.create_app.__module__  # importing it has imported them all
    elsewhere = re.compile(r"vivavoce\.(client|cli|bench|testing)\.|tests\.|test_")
    found = descendants(VivavoceError)
    return [e for e in found if not elsewhere.match(e.__module__) and e is not SettingError]


def section(page: str, heading: str) -> str:
    """The text under a heading, up to the next of the same level."""
    _, found, rest = (DOCS / page).read_text().partition(f"\n## {heading}\n")
    assert found, f"{page} has no section {heading}"
    return rest.partition("\n## ")[0]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of its tables."""
    for line in text.splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def settings() -> tuple[set[str], set[str]]:
    cells = [row for row in rows((DOCS / "reference/settings.md").read_text()) if len(row) > 3]
    described = {row[0].strip("`") for row in cells if row[1].startswith(f"`{PREFIX}")}
    return set(Settings.model_fields), described


def metrics() -> tuple[set[str], set[str]]:
    page = (DOCS / "observe.md").read_text()
    there = {metric.full for metric in METRICS}
    told = {name for row in rows(page) for name in names(row[0]) if name.startswith("vivavoce_")}
    mentioned = set(re.findall(r"\bvivavoce_\w+", page.partition("\n## Metrics")[2]))
    bare = {re.sub(r"_(bucket|sum|count)$", "", name) for name in mentioned}
    return there, told | bare


def events() -> tuple[set[str], set[str]]:
    there = {str(event.__struct_config__.tag) for event in descendants(Event)}
    text = section("reference/protocol.md", "Events")
    told = {name for row in rows(text) for name in names(row[0])} - {"type"}
    return there - {str(Interim.__struct_config__.tag)}, told


def webhooks() -> tuple[set[str], set[str]]:
    found = re.findall(r"^\| `([a-z.]+)` \|", (DOCS / "deliver.md").read_text(), re.MULTILINE)
    told = {name for name in found if "." in name or name == TEST}
    return {*KINDS, TEST}, told


def error_codes() -> tuple[set[str], set[str]]:
    text = section("reference/rest.md", "Errors")
    told = {name for row in rows(text) if re.match(r"\d{3}", row[1]) for name in names(row[0])}
    return {error.code for error in errors()}, told


def statuses() -> tuple[set[str], set[str]]:
    """Each code with its status."""
    there = {f"{error.code} {error.status}" for error in errors()}
    text = section("reference/rest.md", "Errors")
    told = {
        f"{name} {status}"
        for row in rows(text)
        for name in names(row[0])
        for status in re.findall(r"\d{3}", row[1])
    }
    # What the framework refuses by itself has the same code with a status of its own.
    return there | {"bad_request 405", "bad_request 422"}, told


def close_codes() -> tuple[set[str], set[str]]:
    text = section("reference/protocol.md", "When the line breaks")
    told = {row[0] for row in rows(text) if row[0].isdecimal()}
    return {str(code) for code in OF_WEBSOCKETS | {error.close for error in errors()}}, told


def commands() -> tuple[set[str], set[str]]:
    page = (DOCS / "reference/cli.md").read_text()
    told = {words.split()[0] for words in re.findall(r"^## `vivavoce ([^`]+)`", page, re.MULTILINE)}
    return set(get_command(app).commands), told  # type: ignore[attr-defined]


def options() -> tuple[set[str], set[str]]:
    """Each with its command."""
    there, told = set(), set()
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        every = [command, *getattr(command, "commands", {}).values()]
        opts = [opt for each in every for param in each.params for opt in param.opts]
        there |= {f"{name} {opt}" for opt in opts if opt.startswith("--") and opt != "--help"}
    page = (DOCS / "reference/cli.md").read_text()
    for part in page.split("\n## `vivavoce ")[1:]:
        command = part.split()[0].strip("`")
        listed = {option for row in rows(part) for option in names(row[0])}
        # Beside its own, a text may speak of another command's.
        named = set(re.findall(r"`(--[a-z-]+)[^`]*`", part))
        own = {option for option in named if f"{command} {option}" in there}
        told |= {f"{command} {option}" for option in own | {o for o in listed if o[:2] == "--"}}
    return there, told


Both = Callable[[], tuple[set[str], set[str]]]


@pytest.mark.parametrize(
    "both",
    [
        *(settings, metrics, events, webhooks, error_codes, statuses, close_codes),
        *(commands, options),
    ],
    ids=lambda both: both.__name__,
)
def test_the_docs_name_all_that_there_is_and_nothing_else(both: Both) -> None:
    there, described = both()
    assert there
    assert sorted(there - described) == [], "missing from the docs"
    assert sorted(described - there) == [], "the docs name what is not there"


def test_tables_that_are_made_are_up_to_date() -> None:
    script = [sys.executable, str(ROOT / "scripts" / "reference_tables.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
