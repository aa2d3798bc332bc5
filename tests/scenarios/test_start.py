"""Starts that cannot be: one sentence, an exit status, and no stack trace."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vivavoce.testing.process import GUNICORN, UVICORN, free_port

SERVE = ("-c", "from vivavoce.cli.main import run; run()", "serve", "--port", "{port}")


def start(
    command: tuple[str, ...], port: int, **settings: object
) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("VIVAVOCE_")}
    environment |= {f"VIVAVOCE_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, *(part.format(port=port) for part in command)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def complaint(ended: subprocess.CompletedProcess[str]) -> str:
    """The last line of it."""
    assert ended.returncode != 0
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended.stderr.rstrip().splitlines()[-1]


@pytest.fixture(params=["a file", "a folder that cannot be made"])
def unwritable(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Somewhere that not even root can write."""
    if request.param == "a file":
        (tmp_path / "taken").write_text("")
        return tmp_path / "taken"
    return Path("/proc/vivavoce/data")


@pytest.mark.parametrize(
    "command", [SERVE, UVICORN, GUNICORN], ids=["serve", "uvicorn", "gunicorn"]
)
def test_a_data_directory_that_cannot_be_written(
    command: tuple[str, ...], unwritable: Path
) -> None:
    ended = start(command, free_port(), engine="scripted", data_dir=unwritable)
    assert str(unwritable) in ended.stderr + ended.stdout
    complaint(ended)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("command", [SERVE, UVICORN], ids=["serve", "uvicorn"])
def test_a_port_that_is_taken(command: tuple[str, ...], taken: int, tmp_path: Path) -> None:
    ended = start(command, taken, engine="scripted", hosts=1, data_dir=tmp_path)
    assert "in use" in ended.stderr + ended.stdout
    complaint(ended)


def test_an_engine_that_nobody_has(tmp_path: Path) -> None:
    ended = start(SERVE, free_port(), engine="moonshin", data_dir=tmp_path)
    assert "moonshin" in complaint(ended)
    ended = start(SERVE, free_port(), engines="scripted,moonshin", data_dir=tmp_path)
    assert "moonshin" in complaint(ended)


@pytest.mark.parametrize(
    "command", [SERVE, UVICORN, GUNICORN], ids=["serve", "uvicorn", "gunicorn"]
)
def test_a_setting_that_is_none(command: tuple[str, ...], tmp_path: Path) -> None:
    ended = start(command, free_port(), data_dir=tmp_path, grace=1)
    complaint(ended)
    assert "VIVAVOCE_GRACE_S" in ended.stderr
