"""How much of a file may be read: all of it, or what its writer has made durable so far."""

import asyncio
from pathlib import Path
from typing import Protocol


class Growth(Protocol):
    """A file's growth, as its writer tells it. `size` only grows; `complete` never unsets."""

    @property
    def size(self) -> int:
        """Bytes that may be read now."""
        ...

    @property
    def complete(self) -> bool:
        """Whether `size` is final."""
        ...

    async def changed(self) -> None:
        """Return once `size` or `complete` has changed since this was called, or earlier.

        A reader looks at both, and calls this without awaiting anything in between.
        """


class CompleteFile:
    """The growth of a file that is all there. Raises `OSError` if there is none."""

    complete = True

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size

    async def changed(self) -> None:
        """Never returns: nothing will change."""
        await asyncio.Event().wait()
