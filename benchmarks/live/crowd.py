"""The search for how many streams a system holds: see `vivavoce.bench.held` for the bar."""

import os
from collections.abc import Sequence

from benchmarks.live import audio
from benchmarks.live.audio import Reading
from benchmarks.live.figures import Held, gave, revised
from vivavoce.bench.held import bar, most, verdict
from vivavoce.bench.system import System
from vivavoce.bench.trial import Trial

LIMIT = 64
"""Streams beyond which no machine of this size is tried."""

FULL = 0.7
"""Of the cores' time: what is tried first would take so much, by what a stream costs alone."""

UNKNOWN = 8
"""Streams that are tried first where there is no telling what one costs."""


def search(
    system: System,
    ring: list[Reading],
    alone: Trial,
    cores: Sequence[int] | None,
    *,
    limit: int = LIMIT,
    better: str = "",
) -> Held:
    """`alone` is one stream of the ring, of which all trials are made."""
    kept = bar(alone)
    trials = {1: alone}

    def holds(streams: int) -> bool:
        if streams not in trials:
            print(f"-- {system.name}, {streams} streams", flush=True)
            trials[streams] = system.trial(audio.choir(ring, streams))
        found = verdict(trials[streams], kept)
        print(f"   {found}", flush=True)
        return found.holds

    count = most(holds, guess(alone.cost, cores), limit) if holds(1) else 0
    ordered = [trials[streams] for streams in sorted(trials)]
    return Held(
        count,
        tuple(verdict(trial, kept) for trial in ordered),
        tuple(gave(trial, better) for trial in ordered),
        revised([trials[max(1, count)]]),
        memory(alone, trials[max(1, count)]),
    )


def guess(cost: float, cores: Sequence[int] | None) -> int:
    """Streams that about fill the cores, by the processor seconds that one takes for a second."""
    count = os.cpu_count() or 1 if cores is None else len(cores)
    return max(1, round(count * FULL / cost)) if cost > 0 else UNKNOWN


def memory(one: Trial, many: Trial) -> float:
    """Bytes for each further stream; 0 where there are none."""
    further = len(many.heard) - len(one.heard)
    return (many.memory - one.memory) / further if further else 0.0
