"""`vivavoce`: the command line's entrance."""

import io
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from vivavoce import __version__
from vivavoce.cli.console import complain
from vivavoce.core.errors import VivavoceError
from vivavoce.telemetry.logs import set_up_own_logs

COMMANDS = (
    *("serve", "keys", "listen", "transcribe", "demo", "models", "tls", "search", "usage"),
    *("config", "doctor", "backup", "restore", "bench", "replay", "audit"),
)
"""In the order of the help. Each is the function, or the `app` with its own commands, in the module
of its name."""


class Commands(Mapping[str, Any]):
    """Imports a command when it is asked for: all of them together take seconds, most none."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        module = import_module(f"vivavoce.cli.{name}")
        if hasattr(module, "app"):
            return get_group(module.app)
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command()(getattr(module, name))
        return get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class Entrance(TyperGroup):
    """A group whose commands are imported when they are needed."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Mapping[str, Any] = Commands()  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)


app = typer.Typer(
    cls=Entrance,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vivavoce {__version__}")
        raise typer.Exit


@app.callback()
def vivavoce(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where in the code an error came from.")
    ] = False,
    _wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Live speech in, words out as they are said, none of them lost."""
    global _debug
    _debug = debug


_debug = False


def run() -> None:
    """Run a command. What goes wrong is said in one sentence, and the exit code is 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Words are wanted as they come, in every language, through a pipe as well.
            stream.reconfigure(encoding="utf-8", line_buffering=True)
    set_up_own_logs(logging.WARNING)  # a server says more, and sets up its own
    try:
        app()
    except VivavoceError as error:
        if _debug:
            raise
        complain(error.message)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has had enough. Python would complain once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
