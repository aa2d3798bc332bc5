"""Live words on a terminal: stable ones plain, the tail dim, decided ones for good."""

import sys
from collections import OrderedDict
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from vivavoce.cli.console import stderr, stdout
from vivavoce.core.events import AnyEvent, Edited, Final, Interim, Marker, Warning
from vivavoce.core.spoken import ACTOR, PARAGRAPH

HELD = 2
"""Decided lines that wait where commands are obeyed: one, and the one that it may strike out."""


class Words:
    """Shows events while the `with` block lasts. In a pipe: decided lines and no others."""

    def __init__(self, *, commands: bool = False) -> None:
        """`commands`: spoken ones are obeyed, so the last lines may still be struck out."""
        self._most = HELD if commands else 0
        self._held: OrderedDict[str, str] = OrderedDict()  # lines by their utterance
        console = stdout()
        self._live = (
            Live(console=console, auto_refresh=False, transient=True)
            if console.is_terminal
            else None
        )

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._settle(0)
        if self._live:
            self._live.stop()

    def show(self, event: AnyEvent) -> None:
        if isinstance(event, Final):
            self._held[event.id] = event.text
            self._settle(self._most)
        elif isinstance(event, Interim) and self._live:
            lines = "".join(f"{line}\n" for line in self._held.values() if line)
            text = Text(lines + event.stable).append(event.tail, style="dim")
            self._live.update(text, refresh=True)
        elif isinstance(event, Edited) and event.id in self._held:
            self._held[event.id] = event.text
            if not event.text:
                del self._held[event.id]
        elif isinstance(event, Marker) and event.actor == ACTOR and event.label == PARAGRAPH:
            self._settle(0)
            self._break()
        elif isinstance(event, Warning):
            self.aside(Text(event.message, style="yellow"))

    def aside(self, text: Text) -> None:
        """Say something above the words; in a pipe, beside them."""
        console = self._live.console if self._live else stderr()
        console.print(text, soft_wrap=True)

    def _settle(self, most: int) -> None:
        """Print all decided lines but the last so many."""
        while len(self._held) > most:
            self._decided(self._held.popitem(last=False)[1])

    def _break(self) -> None:
        if self._live:
            self._live.console.print()
        else:
            sys.stdout.write("\n")
            sys.stdout.flush()

    def _decided(self, text: str) -> None:
        if self._live:
            self._live.update(Text(""), refresh=True)
        if text and self._live:
            self._live.console.print(Text(text))
        elif text:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
