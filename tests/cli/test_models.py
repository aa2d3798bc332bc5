"""`vivavoce models`."""

from typing import Any

from vivavoce import plugins
from vivavoce.cli.models import COLUMNS


def test_every_engine_is_in_the_table(run: Any) -> None:
    done = run("models")
    head, *rows = (line.split("\t") for line in done.stdout.splitlines())
    assert tuple(head) == COLUMNS
    assert [row[0] for row in rows] == plugins.names()
    (moonshine,) = [row for row in rows if row[0] == "moonshine"]
    assert moonshine[1] == "moonshine-tiny-en"
    assert moonshine[3] == "en"
    assert moonshine[-1] == "installed"
