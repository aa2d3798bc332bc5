"""Live words on a terminal: stable ones plain, the tail dim, decided ones for good."""

import sys
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from vivavoce.cli.console import stderr, stdout
from vivavoce.core.events import AnyEvent, Final, Interim, Warning


class Words:
    """Shows events while the `with` block lasts. In a pipe: decided lines and no others."""

    def __init__(self) -> None:
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
        if self._live:
            self._live.stop()

    def show(self, event: AnyEvent) -> None:
        if isinstance(event, Final):
            self._decided(event.text)
        elif isinstance(event, Interim) and self._live:
            text = Text(event.stable).append(event.tail, style="dim")
            self._live.update(text, refresh=True)
        elif isinstance(event, Warning):
            self.aside(Text(event.message, style="yellow"))

    def aside(self, text: Text) -> None:
        """Say something above the words; in a pipe, beside them."""
        console = self._live.console if self._live else stderr()
        console.print(text, soft_wrap=True)

    def _decided(self, text: str) -> None:
        if self._live:
            self._live.update(Text(""), refresh=True)
        if text and self._live:
            self._live.console.print(Text(text))
        elif text:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
