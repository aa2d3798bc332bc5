"""The reference leaves nothing out: no setting, option, message, event or error."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from vivavoce.cli.main import app
from vivavoce.config import ALIASES, Settings
from vivavoce.core.errors import SettingError, VivavoceError
from vivavoce.core.events import Event
from vivavoce.dialects.native_messages import ClientMessage, ServerMessage
from vivavoce.server.app import create_app
from vivavoce.server.errors import BadRange

DOCS = Path(__file__).parents[1] / "docs"
REFERENCE = DOCS / "reference"


def descendants(cls: type[Any]) -> Iterator[type[Any]]:
    for child in cls.__subclasses__():
        yield child
        yield from descendants(child)


def section(page: str, heading: str) -> str:
    """The text under a heading that begins so, up to the next of the same level."""
    _, found, rest = (REFERENCE / page).read_text().partition(f"\n## {heading}")
    assert found, f"{page} has no section {heading}"
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_described(name: str) -> None:
    page = (REFERENCE / "settings.md").read_text()
    default = Settings.model_fields[name].default
    default = ",".join(default) if isinstance(default, tuple) else default

    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    assert f"`VIVAVOCE_{name.upper()}`" in row
    assert default is None or name == "data_dir" or f"`{default}`" in row


def test_every_alias_is_described() -> None:
    rows = section("settings.md", "Names from elsewhere").splitlines()

    assert [v for v, name in ALIASES.items() if f"| `{v}` | `{name}` |" not in rows] == []


@pytest.mark.parametrize("command", sorted(get_command(app).commands))  # type: ignore[attr-defined]
def test_every_option_of_a_command_is_described(command: str) -> None:
    described = section("cli.md", f"`vivavoce {command}")
    parameters = get_command(app).commands[command].params  # type: ignore[attr-defined]
    options = [option for p in parameters for option in p.opts if option.startswith("--")]

    assert [o for o in options if f"`{o}`" not in described and o != "--help"] == []


@pytest.mark.parametrize("base", [ClientMessage, ServerMessage])
def test_every_message_of_the_protocol_is_described(base: type[Any]) -> None:
    page = (REFERENCE / "protocol.md").read_text()
    names = [message.__struct_config__.tag for message in descendants(base)]

    assert names
    assert [name for name in names if f'{{"type": "{name}"' not in page] == []


def test_every_event_is_described_with_its_fields() -> None:
    rows = section("protocol.md", "Events").splitlines()
    for event in descendants(Event):
        name = event.__struct_config__.tag
        described = [r for r in rows if r.startswith((f"| `{name}` |", f"An **{name}** has"))]
        assert described, f"{name} is not described"
        assert [f for f in event.__struct_fields__ if f"`{f}`" not in described[0]] == []


def test_every_route_is_described() -> None:
    pages = [(REFERENCE / page).read_text() for page in ("rest.md", "protocol.md")]
    lines = [line for page in pages for line in page.splitlines()]
    missing = []
    for path, methods in create_app().openapi()["paths"].items():
        short = re.escape(path.removeprefix("/api/v1"))
        named = re.compile(rf"{short}(?![\w/.{{])|`{re.escape('/' + path.rpartition('/')[2])}`")
        said = " ".join(line for line in lines if named.search(line))
        missing += [f"{m.upper()} {path}" for m in methods if m.upper() not in said]
    assert missing == []


def test_every_threat_has_its_tests() -> None:
    _, found, rows = (DOCS / "security.md").read_text().partition("| threat |")
    named = re.findall(r"`(tests/[\w/.]+)::(\w+)`", rows)
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^(async )?def {name}\(", _source(file), re.MULTILINE)
    ]

    assert found
    assert len(named) > 10
    assert missing == []


def _source(file: str) -> str:
    path = DOCS.parent / file
    return path.read_text() if path.is_file() else ""


def test_what_each_address_asks_for_is_up_to_date() -> None:
    script = [sys.executable, str(DOCS.parent / "scripts" / "scopes_table.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_error_that_a_peer_can_see_is_described() -> None:
    rows = section("rest.md", "Errors").splitlines()
    ours = re.compile(r"vivavoce\.(client|cli)\.")  # these never leave the client's side
    seen = {error for error in descendants(VivavoceError) if not ours.match(error.__module__)}
    # A setting that cannot be used stops the start: no peer is there yet.
    missing = [
        error
        for error in seen - {SettingError}
        if not any(f"`{error.code}`" in row and str(error.status) in row for row in rows)
    ]

    assert seen >= {BadRange}
    assert missing == []
