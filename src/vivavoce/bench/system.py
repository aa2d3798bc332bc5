"""A live transcriber that is ready to be played to."""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vivavoce.bench.trial import Part, Player, Trial, measure, on_cores
from vivavoce.core.errors import OurError
from vivavoce.testing.process import ServerProcess

SERVE = ("serve", "--port", "{port}", "--log-level", "warning")
PROGRAM = ("-m", "vivavoce")
MANY = 500
"""Sessions that the server admits: a bench wants to know what happens beyond what it holds."""


@dataclass(frozen=True)
class System:
    name: str
    player: Player
    pids: Sequence[int]  # the processes that are measured, with all that they start

    def trial(self, parts: Sequence[Part]) -> Trial:
        """Play the parts side by side."""
        return measure(self.player, self.pids, parts)


@contextmanager
def vivavoce(
    cores: Sequence[int] | None = None,
    *,
    program: Sequence[str] = PROGRAM,
    admits: int | None = MANY,
    **settings: str | int | float,
) -> Iterator[System]:
    """A real `vivavoce serve` with its default settings, but for those given.

    `admits` sessions, None: as many as it finds itself fit for. Its data go with it. Raises
    `OurError` if it does not start.
    """
    if admits is not None:
        settings = {"max_sessions": admits, **settings}
    if cores is not None and len(cores) < (os.cpu_count() or 1):
        settings = {"hosts": len(cores), **settings}  # by default there is one for each core
    with tempfile.TemporaryDirectory(prefix="vivavoce-bench-") as folder:
        server = ServerProcess(Path(folder), [*program, *SERVE], **settings)
        try:
            with on_cores(cores):
                server.start()
        except AssertionError as failed:
            raise OurError(f"The server to be measured did not start: {failed}") from None
        try:
            player = Player([sys.executable, "-m", "vivavoce.bench.generator", server.url])
            try:
                yield System("Vivavoce", player, [server.pid])
            finally:
                player.close()
        finally:
            server.stop()
