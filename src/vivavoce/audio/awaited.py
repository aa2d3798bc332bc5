"""A growing file as the decoder's process reads it: a read waits for bytes that are to come.

The parent says on `control`, a line each time, how many bytes may be read. Reads stop at
the borders of a fixed grid, so that what the decoder sees does not depend on how the file
grew.
"""

import os
import struct
from collections.abc import Callable
from typing import BinaryIO

_CELL = 1024  # bytes; a third of a second at 24 kbit/s
_BOXES = 64  # how many of an MP4's boxes are looked at for its index


class AwaitedFile:
    """A file object for `av.open` over `file`, which must not buffer.

    `before_wait` is called before every wait.
    Asking for the end, as seeking decoders do, waits until the file is complete; so it says
    that it cannot seek, unless `may_seek` is set.
    """

    def __init__(
        self, file: BinaryIO, control: BinaryIO, before_wait: Callable[[], object]
    ) -> None:
        self._file = file
        self._control = control
        self._before_wait = before_wait
        self.may_seek = False
        self.furthest = 0  # bytes up to where it was read
        self._position = 0
        self._size = 0
        self._complete = False

    def read(self, size: int) -> bytes:
        """At least one byte and at most `size`; none at the end of the complete file."""
        border = self._position - self._position % _CELL + _CELL
        data = self.peek(self._position, min(size, border - self._position))
        self._position += len(data)
        return data

    def peek(self, at: int, size: int) -> bytes:
        """The `size` bytes from `at` on; fewer only at the end of the complete file."""
        size = min(size, self._wait_for(at + size) - at)
        if size <= 0:
            return b""
        self.furthest = max(self.furthest, at + size)
        self._file.seek(at)
        return self._file.read(size)

    def seekable(self) -> bool:
        return self.may_seek

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        self._position = offset + (self._wait_for(float("inf")) if base is None else base)
        return self._position

    def tell(self) -> int:
        return self._position

    def _wait_for(self, end: float) -> int:
        """Wait until the file has `end` bytes or is complete; its size then."""
        while self._size < end and not self._complete:
            self._before_wait()
            line = self._control.readline().split()
            if not line:
                os._exit(1)  # the parent is gone; nobody is left to tell
            self._size, self._complete = int(line[0]), line[-1] == b"end"
        return self._size


def index_first(file: AwaitedFile) -> bool:
    """Whether an MP4's index lies before its samples, so that it can be read as it arrives."""
    at = 0
    for _ in range(_BOXES):
        head = file.peek(at, 16)
        if len(head) < 16:
            return False
        size, kind, large = struct.unpack(">I4sQ", head)
        if kind in (b"moov", b"mdat"):
            return bool(kind == b"moov")
        size = large if size == 1 else size
        if size < 8:  # 0: to the end of the file
            return False
        at += size
    return False
