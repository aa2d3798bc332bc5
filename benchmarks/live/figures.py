"""The figures of a system, made of its trials: what goes into the tables."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from benchmarks.live.audio import Reading
from vivavoce.bench.held import Verdict
from vivavoce.bench.measures import Errors, Spoken, errors, percentile
from vivavoce.bench.trial import Trial
from vivavoce.bench.usage import Usage
from vivavoce.bench.words import bare
from vivavoce.core.types import SAMPLE_RATE

NONE = Errors(0, 0, 0, 0)


@dataclass(frozen=True)
class Spread:
    """Delays in seconds."""

    median: float
    most: float  # of 95 %
    values: tuple[float, ...] = field(repr=False)


def spread(values: Sequence[float]) -> Spread:
    return Spread(percentile(values, 0.5), percentile(values, 0.95), tuple(values))


@dataclass(frozen=True)
class Speed:
    """One stream at a time."""

    cost: float  # processor seconds for each second of audio
    interim: Spread
    stable: Spread
    final: Spread
    late: float
    flicker: float  # share of the words seen in a tail
    by_interim: int  # stable words changed
    by_final: float  # share of the stable words
    generator: float  # its own cost
    behind: float  # the most seconds that it was late with a frame


def speed(trials: Sequence[Trial]) -> Speed:
    """Of several trials together."""
    every = Trial(
        [one for trial in trials for one in trial.heard],
        sum(trial.cpu for trial in trials),
        sum(trial.generator_cpu for trial in trials),
        [one for trial in trials for one in trial.course],
    )
    delays, flicker = every.delays, every.flicker
    return Speed(
        every.cost,
        spread(delays.interim),
        spread(delays.stable),
        spread(delays.final),
        delays.late,
        flicker.changed / max(1, flicker.shown),
        flicker.stable_by_interim,
        flicker.stable_by_final / max(1, flicker.stable),
        every.generator_cpu / every.audio,
        every.behind,
    )


@dataclass(frozen=True)
class Accuracy:
    """Live and whole clips against what was said, and live against whole."""

    live: Errors
    whole: Errors
    between: Errors


def accuracy(readings: Sequence[Reading], live: Sequence[str], whole: Sequence[str]) -> Accuracy:
    said = [reading.said for reading in readings]
    return Accuracy(_errors(said, live), _errors(said, whole), _errors(whole, live))


def _errors(said: Sequence[str], heard: Sequence[str]) -> Errors:
    return sum((errors(s, h) for s, h in zip(said, heard, strict=True)), NONE)


def word_times(trial: Trial, spoken: Sequence[Spoken]) -> list[float]:
    """How far the times of the words are from where they were placed, in seconds.

    Of a trial of one stream: the starts and ends of all words that were said within `NEAR`.
    """
    offs = []
    for final in trial.heard[0].finals:
        for word in final.get("words", []):
            start, end = word["start"] / SAMPLE_RATE, word["end"] / SAMPLE_RATE
            text = " ".join(bare(word["text"]))
            same = [one for one in spoken if one.text == DIGITS.get(text, text)]
            nearest = min(same, key=lambda one: abs(one.start - start), default=None)
            if nearest is not None and abs(nearest.start - start) <= NEAR:
                offs += [abs(nearest.start - start), abs(nearest.end - end)]
    return offs


NEAR = 1.5
"""Seconds within which a word must have been said to be the one that was meant."""

DIGITS = {"0": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five"}


def course(trial: Trial, parts: int = 5) -> list[float]:
    """The cost in each fifth of a trial of one stream, as shares of the mean."""
    first, last = trial.course[0], trial.course[-1]
    marks = [first.at + (last.at - first.at) * i / parts for i in range(parts + 1)]
    used = [_nearest(trial.course, mark) for mark in marks]
    rates = [(b.cpu - a.cpu) / (b.at - a.at) for a, b in pairwise(used)]
    mean = (last.cpu - first.cpu) / (last.at - first.at)
    return [rate / mean if mean else math.nan for rate in rates]


def _nearest(course: Sequence[Usage], at: float) -> Usage:
    return min(course, key=lambda one: abs(one.at - at))


@dataclass(frozen=True)
class Held:
    """The trials of the search for how many streams a system holds."""

    most: int
    verdicts: tuple[Verdict, ...]
