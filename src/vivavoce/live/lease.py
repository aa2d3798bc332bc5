"""The exclusive right of one process to write a session's folder.

The system releases it when the process dies, however it dies.
"""

import os
import sys
from pathlib import Path

from vivavoce.core.errors import Held
from vivavoce.live.disk import disk_errors

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lease:
    """Held from construction until `release`. Raises Held while another holder lives."""

    def __init__(self, folder: Path) -> None:
        path = folder / "lock"
        with disk_errors(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._descriptor)
        except OSError as error:
            os.close(self._descriptor)
            raise Held(f"Another process writes the session {folder.name}.") from error

    def release(self) -> None:
        """Once; the lock goes with the descriptor."""
        os.close(self._descriptor)
