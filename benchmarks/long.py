"""What `python -m benchmarks.endurance` found, kept for the page of the benchmarks."""

import statistics
from pathlib import Path

import msgspec

KEPT = Path(__file__).with_name("endurance.json")


class Long(msgspec.Struct, frozen=True):
    """One run. Costs are processor seconds for a second of audio; memory is in bytes."""

    day: str
    version: str
    machine: str
    minutes: float  # of speech without a pause
    costs: tuple[float, ...]  # of each fifth of it
    hours: float  # of a session
    memory: tuple[tuple[float, float], ...]  # at which hour of it how much

    @property
    def uneven(self) -> float:
        """How far the cost of a fifth is off their mean at most, as a share of that."""
        mean = statistics.mean(self.costs)
        return max(abs(cost - mean) for cost in self.costs) / mean

    @property
    def gained(self) -> float:
        """Bytes that the second half of the session added to the first's most."""
        first = max(memory for hour, memory in self.memory if hour <= self.hours / 2)
        return max(memory for _, memory in self.memory) - first


def kept(path: Path = KEPT) -> Long | None:
    """The last run, if there is one."""
    return msgspec.json.decode(path.read_bytes(), type=Long) if path.is_file() else None


def keep(found: Long, path: Path = KEPT) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
