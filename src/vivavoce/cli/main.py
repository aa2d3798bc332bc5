"""`vivavoce`: the command line's entrance."""

import io
import logging
import os
import sys
from typing import Annotated

import typer

from vivavoce import __version__
from vivavoce.cli import (
    audit,
    bench,
    config,
    demo,
    doctor,
    listen,
    models,
    replay,
    search,
    serve,
    tls,
    transcribe,
    usage,
)
from vivavoce.cli.console import complain
from vivavoce.core.errors import VivavoceError
from vivavoce.telemetry import set_up_own_logs

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(serve.serve)
app.command()(listen.listen)
app.command()(transcribe.transcribe)
app.command()(demo.demo)
app.add_typer(models.app)
app.add_typer(tls.app)
app.command()(search.search)
app.command()(usage.usage)
app.command()(config.config)
app.command()(doctor.doctor)
app.command()(bench.bench)
app.command()(replay.replay)
app.command()(audit.audit)


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
