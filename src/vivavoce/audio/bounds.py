"""What the decoder's process may have of the machine, set by itself before it reads a byte."""

import time
from contextlib import suppress
from math import ceil
from typing import Final

MEMORY: Final = 2 << 30  # bytes of address space
FILES: Final = 64  # open at once; libraries that are loaded late are among them

PROCESSOR: Final = 60
"""Seconds of a processor within which there has to be some sound."""


def bound() -> None:
    """So much memory, so few files, none of them written, and no core dumped."""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_NOFILE: FILES,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        with suppress(ValueError, OSError):  # macOS knows the first but may refuse it
            resource.setrlimit(kind, (most, most))


class Processor:
    """Lets the system end a process that computes and computes and has nothing to show for it. A
    machine that is merely busy ends nobody: this is no wall clock."""

    def __init__(self, seconds: float = PROCESSOR) -> None:
        self._seconds = seconds
        self._until = 0.0  # of the processor's time
        self.renew()

    def renew(self) -> None:
        """There is something to show: so many seconds for the next of it."""
        used = time.process_time()
        if used + self._seconds / 2 < self._until:  # of all frames few ask the system
            return
        self._until = used + self._seconds
        try:
            import resource
        except ImportError:
            return
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (ceil(self._until), hard))
