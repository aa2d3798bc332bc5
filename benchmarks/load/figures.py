"""What `python -m benchmarks.load` found: figures, kept for the page of the benchmarks."""

import statistics
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.live.costs import shared
from benchmarks.load.speaking import Spoke
from vivavoce.bench.measures import percentile

KEPT = Path(__file__).with_name("load.json")

DETECTOR = "audio/vad.py"
"""The part of the server's process that is no work of its own."""

STEADY = 0.01
"""Memory is flat if, in the second half, the line through it rises by no more of what it is."""

OWN = 0.15
"""Of all processor time, the most that the server's own work may be."""


class Acks(msgspec.Struct, frozen=True):
    """Delays in seconds, from when a frame was sent until the client was told."""

    frames: int
    missed: int
    median: float
    most: float  # of 95 %
    slowest: float


class Look(msgspec.Struct, frozen=True):
    """Bytes (PSS) of each kind of process at a moment."""

    at: float  # seconds since all began to speak
    memory: dict[str, int]

    @property
    def all(self) -> int:
        return sum(self.memory.values())


class Load(msgspec.Struct, frozen=True):
    """One run."""

    day: str
    version: str
    machine: str
    command: str
    minutes: float
    idle: int
    served: int  # of the idle, to the end
    speaking: int
    ended: tuple[str, ...]  # how, of each who spoke
    ordered: bool  # whether the events of each came in order, none missing, none twice
    acks: Acks
    interims: float  # of one who spoke, in a second
    finals: int
    lag: float  # seconds of audio that anybody was told were waiting, at most
    behind: float  # seconds that a client sent a frame late, at most
    course: tuple[Look, ...]
    processes: dict[str, float]  # seconds of processor time in a second, by kind
    looks: dict[str, int]  # how often each part of the server was found at work
    generator: float  # seconds of processor time in a second

    @property
    def parts(self) -> dict[str, float]:
        """Seconds of processor time in a second of each part of the server."""
        return shared(self.looks, self.processes["server"])

    @property
    def detecting(self) -> float:
        """The same of the VAD, which runs in the server's process."""
        seen = max(1, sum(self.looks.values()))
        return self.processes["server"] * self.looks.get(DETECTOR, 0) / seen

    @property
    def own(self) -> float:
        """The share of the server's own work in all processor time."""
        return (self.processes["server"] - self.detecting) / sum(self.processes.values())


def acks(spoke: Sequence[Spoke]) -> Acks:
    delays = [delay for one in spoke for delay in one.delays]
    frames = sum(one.frames for one in spoke)
    return Acks(
        frames,
        frames - len(delays),
        percentile(delays, 0.5),
        percentile(delays, 0.95),
        max(delays, default=0.0),
    )


def risen(course: Sequence[Look]) -> float:
    """By what share of its mean the line through the second half of the memory rises in it."""
    half = [look for look in course if look.at >= course[-1].at / 2]
    if len(half) < 2:
        return 0.0
    times, memory = [look.at for look in half], [float(look.all) for look in half]
    line = statistics.linear_regression(times, memory)
    return line.slope * (times[-1] - times[0]) / statistics.mean(memory)


def kept(path: Path = KEPT) -> Load | None:
    """The last run, if there is one."""
    return msgspec.json.decode(path.read_bytes(), type=Load) if path.is_file() else None


def keep(found: Load, path: Path = KEPT) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
