"""`vivavoce models`."""

from typing import Any

import pytest

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


@pytest.mark.usefixtures("base_en")
def test_the_model_of_better_finals_is_shown(run: Any) -> None:
    assert better(run("models").stdout)[-1] == "ready"


@pytest.mark.usefixtures("base_en")
def test_what_is_ready_is_not_made_again(run: Any) -> None:
    done = run("models", "pull")
    assert done.returncode == 0
    assert better(done.stdout)[-1] == "ready"
    assert done.stderr == ""
