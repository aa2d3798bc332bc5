"""How much of a file may be read: all of it, or what its writer has made durable so far."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from vivavoce.core.errors import DiskError


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


@contextmanager
def opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """The file, unbuffered: a buffer would keep bytes from beyond what may be read yet.

    What goes wrong with it inside the block is a `DiskError` that calls it by `name`.
    """
    try:
        with path.open("rb", buffering=0) as file:
            yield file
    except OSError as error:
        raise DiskError(f"{name} cannot be read: {error.strerror or error}.") from error
