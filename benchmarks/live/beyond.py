"""A server with its own idea of what it can serve, asked for twice what it holds.

It must refuse those that are too many, say so and that they may try again, and serve the rest
as if nobody else had asked.
"""

import time
from dataclasses import dataclass

from benchmarks.live import audio
from benchmarks.live.audio import Reading
from benchmarks.live.figures import Gave, gave
from benchmarks.live.ours import Column, Cores, say
from vivavoce.bench.system import vivavoce
from vivavoce.bench.trial import Trial

MEASURED = 8.0
"""Seconds in which a server that nobody speaks to has found out what it can serve."""


@dataclass(frozen=True)
class Beyond:
    """What became of so many streams."""

    asked: int
    served: Gave  # those that were admitted
    refused: int
    reasons: tuple[str, ...]
    again: bool  # whether all that were refused were told that they may try again


def measure(column: Column, ring: list[Reading], cores: Cores, held: int) -> Beyond:
    asked = max(2, held * 2)
    with vivavoce(cores, admits=None, finals=column.finals) as system:
        time.sleep(MEASURED)
        say(f"{system.name}, {column.name}, {asked} streams ask to be served")
        return told(system.trial(audio.choir(ring, asked)))


def told(trial: Trial) -> Beyond:
    refused = [one for one in trial.heard if one.refused]
    served = [one for one in trial.heard if not one.refused]
    lines = [next(line for line in one.lines if "refused" in line) for one in refused]
    return Beyond(
        asked=len(trial.heard),
        served=gave(Trial(served, trial.cpu, trial.generator_cpu, trial.course), ""),
        refused=len(refused),
        reasons=tuple(sorted({line["refused"] for line in lines})),
        again=all(line.get("again", False) for line in lines),
    )
