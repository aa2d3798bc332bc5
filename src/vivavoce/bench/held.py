"""How many live streams a system holds: the most at which load does not make its words late.

Every stream of a trial plays what the system was played alone before, so what it does late
without any load is known, and what a trial adds to it is load. The bar is the same for all:

- of the words, at most 5 % are late (shown more than a second after their end); a system that
  has more of them late alone may have 5 points more than that, if it is not half of them;
- 95 % of the finals come at most half a second later than 95 % of them do alone, so that how
  long a system waits for the end of a sentence neither helps nor harms it;
- of the words that it shows alone at least 95 % are shown, and nobody is refused.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from vivavoce.bench.measures import percentile
from vivavoce.bench.trial import Trial

LATE_SHARE = 0.05
"""Of the words, at most so many may first be seen more than a second after their end."""

HOPELESS = 0.5
"""Of the words: a system that has more of them late alone holds no stream."""

GRACE = 0.5
"""Seconds that 95 of 100 finals may come later than they do alone."""

SHOWN = 0.95
"""Of the words that are shown alone, at least so many must be shown."""

CLOSE = 0.1
"""Of the streams held: how exactly their number is looked for."""


@dataclass(frozen=True)
class Bar:
    """What a trial must keep to."""

    late: float  # share of the words
    final: float  # seconds, of 95 % of the finals; NaN: the system has none
    shown: float  # words for each second of audio


@dataclass(frozen=True)
class Verdict:
    """Whether a trial kept to the bar, and by how much."""

    streams: int
    late: float  # share of the words
    final: float  # seconds, of 95 % of the finals
    shown: float  # of the words that are shown alone
    cost: float  # processor seconds for each second of audio
    generator: float  # the same, of the load generator
    refused: str | None
    holds: bool


def bar(alone: Trial) -> Bar:
    """Of a trial in which every stream was played by itself, with the same audio."""
    late = alone.delays.late
    return Bar(
        late=late + LATE_SHARE if LATE_SHARE < late <= HOPELESS else LATE_SHARE,
        final=percentile(alone.delays.final, 0.95) + GRACE,
        shown=_shown(alone),
    )


def verdict(trial: Trial, bar: Bar) -> Verdict:
    delays = trial.delays
    final = percentile(delays.final, 0.95)
    on_time = math.isnan(bar.final) or final <= bar.final
    shown = _shown(trial) / bar.shown if bar.shown else 0.0
    in_time = delays.late <= bar.late and on_time and shown >= SHOWN
    return Verdict(
        len(trial.heard),
        delays.late,
        final,
        shown,
        trial.cost,
        trial.generator_cpu / trial.audio,
        trial.refused,
        in_time and trial.refused is None,
    )


def _shown(trial: Trial) -> float:
    return len(trial.delays.interim) / trial.audio


def most(holds: Callable[[int], bool], guess: int, limit: int) -> int:
    """The most streams that are held, to within a tenth of them; 0 if not even one.

    The first to be tried is `guess`; from there on it doubles until one is not held, and then
    what is not known is halved.
    """
    held, too_many, trying = 0, limit + 1, min(max(1, guess), limit)
    while too_many - held > max(1, held * CLOSE):
        if holds(trying):
            held = trying
        else:
            too_many = trying
        trying = (held + too_many) // 2 if too_many <= limit else min(limit, 2 * held)
    return held
