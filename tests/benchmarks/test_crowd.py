"""The search for how many streams a system holds, on systems that are told by hand."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from benchmarks.live import crowd
from benchmarks.live.audio import Reading
from vivavoce.bench.generator import Stream
from vivavoce.bench.measures import Spoken
from vivavoce.bench.system import System
from vivavoce.bench.trial import Heard, Part, Trial
from vivavoce.bench.usage import Usage

WORDS = tuple(Spoken(f"w{n}", float(n), n + 0.5) for n in range(20))


def trial(streams: int, delay: float) -> Trial:
    """All words of all streams come so late; each stream costs a tenth of a core and 5 MB."""
    told = {"stable": "", "final": False}
    lines: list[dict[str, Any]] = [
        {"t": word.end + delay, "utterance": word.text, "text": word.text, **told} for word in WORDS
    ]
    part = Part(Stream("reading.wav"), WORDS, 20.0)
    memory = Usage(cpu=0.0, memory=100e6 + 5e6 * streams, at=0.0)
    return Trial([Heard(part, lines)] * streams, 2.0 * streams, 0.1, [memory])


@dataclass(frozen=True)
class Holding:
    """A system that holds so many streams."""

    capacity: int
    tried: list[int] = field(default_factory=list)
    name: str = "made up"

    def trial(self, parts: list[Part]) -> Trial:
        self.tried.append(len(parts))
        return trial(len(parts), 0.3 if len(parts) <= self.capacity else 2.0)


@pytest.fixture
def ring(tmp_path: Any) -> list[Reading]:
    return [Reading("chorus-0", tmp_path / "chorus-0.wav", (), WORDS, 20.0)]


def search(system: Holding, ring: list[Reading], alone: Trial, limit: int = 64) -> Any:
    parts: System = system  # type: ignore[assignment]
    return crowd.search(parts, ring, alone, [0, 1], limit=limit)


def test_it_begins_where_the_cores_would_be_busy(ring: list[Reading]) -> None:
    system = Holding(9)
    found = search(system, ring, trial(1, 0.3))
    assert system.tried == [14, 7, 10, 8, 9]
    assert found.most == 9
    assert [verdict.streams for verdict in found.verdicts] == [1, 7, 8, 9, 10, 14]
    assert [gave.streams for gave in found.gave] == [1, 7, 8, 9, 10, 14]
    assert found.memory == pytest.approx(5e6)


def test_a_system_that_is_too_slow_for_one_is_not_asked_for_more(ring: list[Reading]) -> None:
    system = Holding(0)
    found = search(system, ring, trial(1, 2.0))
    assert (found.most, system.tried, found.memory) == (0, [], 0.0)


def test_no_more_than_the_limit_is_tried(ring: list[Reading]) -> None:
    system = Holding(30)
    assert search(system, ring, trial(1, 0.3), limit=6).most == 6
    assert system.tried == [6]


def test_what_costs_a_core_is_not_tried_twice() -> None:
    assert crowd.guess(1.3, [0, 1]) == 1
    assert crowd.guess(0.07, [0, 1]) == 20
    assert crowd.guess(0.0, [0, 1]) == crowd.UNKNOWN
