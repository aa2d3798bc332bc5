"""How the commands talk: results on stdout, everything else on stderr."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text


def stdout() -> Console:
    """The terminal that results go to. Made anew, because tests exchange the stream."""
    return Console(file=sys.stdout, highlight=False)


def stderr() -> Console:
    return Console(file=sys.stderr, highlight=False)


def complain(sentence: str) -> None:
    """Say what went wrong, on one line, however narrow the terminal is."""
    text = Text("vivavoce: ", style="bold red").append(sentence, style="not bold default")
    stderr().print(text, soft_wrap=True)


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table for eyes on a terminal; lines with tabs for a pipe."""
    console = stdout()
    if not console.is_terminal:
        for row in (columns, *rows):
            sys.stdout.write("\t".join(row) + "\n")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


@asynccontextmanager
async def stopped_by_interrupt() -> AsyncIterator[asyncio.Event]:
    """An event that the first Ctrl-C sets; the second one interrupts as usual."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)

    def interrupted(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        loop.call_soon_threadsafe(stop.set)

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
