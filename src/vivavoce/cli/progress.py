"""How far a file is, on stderr, for a person who watches."""

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Self

import av
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from vivavoce.cli.console import stderr
from vivavoce.core.events import AnyEvent, Ended, Final
from vivavoce.core.types import SAMPLE_RATE, samples


class FileProgress:
    """A bar while the `with` block lasts; nothing at all where stderr is no terminal."""

    def __init__(self, name: str, length: Callable[[], int | None]) -> None:
        """`length` gives that of the audio, in samples, where it is known; asked if shown."""
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[heard]}"),
            TimeRemainingColumn(),
            console=stderr(),
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # a pipe gets the text itself, not the screen
            disable=not stderr().is_terminal,
        )
        total = None if self._bar.disable else length()
        self._task = self._bar.add_task(name, total=total, heard="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, event: AnyEvent) -> None:
        if isinstance(event, Final | Ended):
            at = event.end if isinstance(event, Final) else event.duration
            minutes, seconds = divmod(at // SAMPLE_RATE, 60)
            self._bar.update(self._task, completed=at, heard=f"{minutes}:{seconds:02} heard")


def file_length(path: str) -> int | None:
    """What the file says of its own length, in samples; a pipe and some files do not say."""
    try:
        with av.open(path) as file:
            return samples(file.duration / av.time_base) if file.duration else None
    except (av.FFmpegError, OSError):
        return None
