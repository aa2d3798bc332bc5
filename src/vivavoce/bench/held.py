"""How many live streams a system holds: the most at which its words still come in time."""

from collections.abc import Callable
from dataclasses import dataclass

from vivavoce.bench.measures import percentile
from vivavoce.bench.trial import Trial

LATE_SHARE = 0.05
"""Of the words, at most so many may first be seen more than a second after their end."""

GRACE = 0.5
"""Seconds that 95 of 100 finals may come later than they do at best."""


@dataclass(frozen=True)
class Verdict:
    """Whether a trial's words came in time, and by how much."""

    streams: int
    late: float  # share of the words
    final: float  # seconds, of 95 % of the finals
    cost: float  # processor seconds for each second of audio
    refused: str | None
    holds: bool


def verdict(trial: Trial, best: float | None) -> Verdict:
    """`best` is how long a final takes at best, in seconds: for us the silence that ends an
    utterance; None: the system has no finals.
    """
    delays = trial.delays
    final = percentile(delays.final, 0.95)
    on_time = best is None or final <= best + GRACE
    heard = all(one.delays.interim for one in trial.heard)
    holds = heard and trial.refused is None and delays.late <= LATE_SHARE and on_time
    return Verdict(len(trial.heard), delays.late, final, trial.cost, trial.refused, holds)


def most(holds: Callable[[int], bool], guess: int, limit: int) -> int:
    """The most streams that are held, found by halving what is not known; 0 if not even one.

    The first to be tried is `guess`; from there on it doubles until one is not held.
    """
    held, too_many, trying = 0, limit + 1, min(max(1, guess), limit)
    while too_many - held > 1:
        if holds(trying):
            held = trying
        else:
            too_many = trying
        trying = (held + too_many) // 2 if too_many <= limit else min(limit, 2 * held)
    return held
