"""What a server process counts as it works: the port by which it can be measured.

Counts are plain numbers, because some are added to with every frame; whoever shows them reads
them when it is asked (`server/telemetry/gauges.py`). What is measured in seconds is told one by
one, to an `Observe`.
"""

from collections import Counter
from typing import Literal, Protocol

from vivavoce.core.types import SAMPLE_RATE

Measured = Literal["interim", "final", "ack", "decode"]
"""How late an interim, a final or an acknowledgement was, in seconds; and how many seconds of
work a second of audio took, which has the engine's name."""


class Observe(Protocol):
    """Must be quick, and must not raise."""

    def __call__(self, what: Measured, value: float, engine: str = "", /) -> None: ...


def unseen(_what: Measured, _value: float, _engine: str = "", /) -> None:
    """For who does not want to know."""


class Tally:
    """All since the process started, but for `connections`, which are open now."""

    def __init__(self, observe: Observe = unseen) -> None:
        self.observe = observe
        self.journalled = 0  # bytes of audio
        self.connections: Counter[str] = Counter()  # by protocol
        self.connected: Counter[str] = Counter()  # by protocol
        self.refused: Counter[str] = Counter()  # by the code of the error
        self.uploads: Counter[str] = Counter()  # by what became of them
        self.ended: Counter[str] = Counter()  # sessions, by reason
        self.switched: Counter[tuple[str, str]] = Counter()  # from an engine to another
        self.decoded: Counter[str] = Counter()  # samples, by engine
        self.restarted: Counter[str] = Counter()  # processes, by what they host

    def acked(self, seconds: float) -> None:
        """Audio is fsynced so long after it was written."""
        self.observe("ack", seconds)

    def worked(self, engine: str, samples: int, seconds: float) -> None:
        """An engine's process was busy so long with so many samples."""
        self.decoded[engine] += samples
        if samples:
            self.observe("decode", seconds * SAMPLE_RATE / samples, engine)
