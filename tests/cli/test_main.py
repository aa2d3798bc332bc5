"""What every command has in common: help, and errors in one sentence."""

import subprocess
import sys
from typing import Any

import pytest
from typer.testing import CliRunner

import vivavoce
from vivavoce.cli.main import app

COMMANDS = ("serve", "listen", "transcribe", "demo", "models", "config", "doctor")


def test_the_version(run: Any) -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"vivavoce {vivavoce.__version__}\n")


def test_help_names_every_command(run: Any) -> None:
    for flag in ("--help", "-h"):
        done = run(flag)
        assert done.returncode == 0
        assert [name for name in COMMANDS if f" {name} " not in done.stdout] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(app, [name, "--help"])
    assert done.exit_code == 0
    assert f"{name} [OPTIONS]" in done.stdout


def test_an_error_is_one_sentence_on_stderr(run: Any) -> None:
    done = run("config", VIVAVOCE_PROT="9")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "vivavoce: VIVAVOCE_PROT in the environment is not a setting; "
        "the nearest one is VIVAVOCE_PORT.\n"
    )


def test_debug_shows_where_it_came_from(run: Any) -> None:
    done = run("--debug", "config", VIVAVOCE_PROT="9")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_reader_that_has_had_enough_is_no_error(
    command: list[str], environment: dict[str, str]
) -> None:
    script = f"'{sys.executable}' -m vivavoce config | true"
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, check=False, timeout=120
    )
    assert done.stderr == b""


def test_the_package_stays_cheap_to_import() -> None:
    code = "import sys, vivavoce; print(*(set(sys.modules) & {'numpy', 'av', 'onnxruntime'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_a_command_imports_no_other() -> None:
    code = "import sys; from vivavoce.cli.main import app; app(['config'], standalone_mode=False)"
    code += "; print(*(set(sys.modules) & {'av', 'fastapi', 'sqlalchemy', 'uvicorn'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n\n")
