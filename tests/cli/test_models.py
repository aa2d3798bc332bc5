"""`vivavoce models`."""

from typing import Any

import pytest

from vivavoce import plugins
from vivavoce.cli.models import COLUMNS


def test_every_engine_is_in_the_table(run: Any) -> None:
    done = run("models")
    head, *rows = (line.split("\t") for line in done.stdout.splitlines())
    assert tuple(head) == COLUMNS
    own = [row for row in rows if row[4] != "better finals"]
    assert [row[0] for row in own] == plugins.names()
    (moonshine,) = [row for row in own if row[0] == "moonshine"]
    assert moonshine[1] == "moonshine-tiny-en"
    assert moonshine[3] == "en"
    assert moonshine[-2:] == ["ready", ""]


@pytest.mark.usefixtures("base_en")
def test_the_model_of_better_finals_is_shown(run: Any) -> None:
    (row,) = [line for line in run("models").stdout.splitlines() if "moonshine-base-en" in line]
    assert "\tready\t" in row


def test_what_is_missing_is_said(run: Any) -> None:
    rows = {row.split("\t")[0]: row.split("\t") for row in run("models").stdout.splitlines()}
    assert rows["azure"][-2] == "to set up"
    assert "AZURE_SERVICE_REGION" in rows["azure"][-1]
    assert rows["whisper"][-1].endswith("`vivavoce models pull whisper:small` gets it.")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("small", "'small' is not ENGINE:MODEL, such as whisper:small."),
        ("nobody:x", "There is no engine 'nobody'; there are aws, "),
        ("azure:x", "The engine azure has no models to download."),
    ],
)
def test_what_cannot_be_pulled(run: Any, name: str, complaint: str) -> None:
    done = run("models", "pull", name)
    assert done.returncode == 1
    assert done.stderr.startswith(f"vivavoce: {complaint}")
