"""`vivavoce models`."""

import re
from pathlib import Path
from typing import Any

from vivavoce import plugins
from vivavoce.cli.models import COLUMNS


def test_every_engine_is_in_the_table(run: Any) -> None:
    done = run("models")
    head, *rows = (line.split("\t") for line in done.stdout.splitlines())
    assert tuple(head) == COLUMNS
    own = [row for row in rows if row[4] != "finals"]
    assert [row[0] for row in own] == plugins.names()
    (moonshine,) = [row for row in own if row[0] == "moonshine"]
    assert moonshine[1] == "moonshine-tiny-en"
    assert moonshine[3] == "en"
    assert moonshine[-1] == "installed"


def better(table: str) -> list[str]:
    (row,) = [line for line in table.splitlines() if "moonshine-base-en" in line]
    return row.split("\t")


def test_the_model_of_better_finals_is_shown_as_it_is(run: Any, cache: Path) -> None:
    assert better(run("models").stdout)[-1] == "installed; made ready at first use"
    assert better(run("models", XDG_CACHE_HOME=str(cache)).stdout)[-1] == "ready"


def test_what_is_ready_is_not_made_again(run: Any, cache: Path) -> None:
    done = run("models", "pull", XDG_CACHE_HOME=str(cache))
    assert done.returncode == 0
    assert better(done.stdout)[-1] == "ready"
    assert done.stderr == ""


def test_what_cannot_be_made_is_said_in_one_sentence(run: Any, cache: Path, home: Path) -> None:
    (home / "vivavoce").touch()  # where its folder would be
    done = run("models", "pull", XDG_CACHE_HOME=str(home))
    assert done.returncode == 1
    making, failed = done.stderr.splitlines()
    assert making == "Making moonshine-base-en, once ..."
    assert re.search(r"^vivavoce: moonshine-base-en cannot be kept in .*: File exists\.$", failed)
