"""The exclusive right of one process to write a session's folder.

The system releases it when the process dies, however it dies.
"""

import os
import sys
from pathlib import Path

from vivavoce.core.errors import Held

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lease:
    """Held from construction until `release`. Raises Held while another holder lives,
    OSError when the folder cannot be written."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._descriptor)
        except OSError as error:
            os.close(self._descriptor)
            raise Held(f"Another process writes the session {folder.name}.") from error

    def release(self) -> None:
        """The lock goes with the descriptor. Releasing twice does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
