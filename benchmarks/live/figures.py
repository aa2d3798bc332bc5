"""The figures of a system, made of its trials: what goes into the tables."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.live.audio import Reading
from vivavoce.bench.held import Verdict
from vivavoce.bench.measures import Errors, Spoken, errors, percentile
from vivavoce.bench.trial import Trial
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


@dataclass(frozen=True)
class Gave:
    """What a trial shows of what a server gives up first."""

    streams: int
    interims: float  # a second of audio
    better: float  # share of the finals that the dearer model made
    timed: float  # share of the finals whose words got times
    lag: float  # the most seconds of audio that a session was told were waiting
    late: float  # share of the words
    final: float  # seconds, of 95 % of the finals
    lost: float  # share of the words that were said


def gave(trial: Trial, better: str) -> Gave:
    """`better` is the name of the dearer model."""
    finals = [final for one in trial.heard for final in one.finals if final["text"]]
    revised = [delay for one in trial.heard for delay in one.revised]
    interims = [line for one in trial.heard for line in one.lines if line.get("final") is False]
    said = [" ".join(word.text for word in one.part.said) for one in trial.heard]
    lost = _errors(said, [one.text for one in trial.heard])
    return Gave(
        streams=len(trial.heard),
        interims=len(interims) / trial.audio,
        better=sum(final.get("model") == better for final in finals) / max(1, len(finals)),
        timed=sum(map(math.isfinite, revised)) / max(1, len(revised)),
        lag=max((one.lag for one in trial.heard), default=0.0),
        late=trial.delays.late,
        final=percentile(trial.delays.final, 0.95),
        lost=lost.lost / max(1, lost.words),
    )


def revised(trials: Sequence[Trial]) -> Spread:
    """How long after its final an utterance's word times came; those that never came: infinite."""
    delays = [delay for trial in trials for one in trial.heard for delay in one.revised]
    return spread([math.inf if math.isnan(delay) else delay for delay in delays])


@dataclass(frozen=True)
class Held:
    """The trials of the search for how many streams a system holds."""

    most: int
    verdicts: tuple[Verdict, ...]  # the first is that of one stream alone
    gave: tuple[Gave, ...]  # of the same trials
    revised: Spread  # with the most streams that are held
    memory: float  # bytes for each further stream
