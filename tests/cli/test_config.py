"""`vivavoce config` in a pipe."""

from pathlib import Path
from typing import Any

from vivavoce.config import Settings


def test_every_setting_with_its_value_and_origin(run: Any, home: Path) -> None:
    (home / "vivavoce.toml").write_text("workers = 3\n")
    done = run("config", VIVAVOCE_PORT="9001")
    head, *rows = (line.split("\t") for line in done.stdout.splitlines())
    assert head == ["Setting", "Value", "From"]
    assert [row[0] for row in rows] == list(Settings.model_fields)
    assert ["port", "9001", "VIVAVOCE_PORT in the environment"] in rows
    assert ["workers", "3", "vivavoce.toml"] in rows
    assert ["host", "127.0.0.1", "default"] in rows
