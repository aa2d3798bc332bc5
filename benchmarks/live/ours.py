"""What is played to this project, in one of its configurations."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.live import audio, crowd, whole
from benchmarks.live.audio import Reading
from benchmarks.live.figures import (
    Accuracy,
    Held,
    Speed,
    Spread,
    accuracy,
    revised,
    speed,
    spread,
    word_times,
)
from vivavoce.bench.system import System, vivavoce
from vivavoce.bench.trial import Heard, Trial
from vivavoce.bench.words import bare
from vivavoce.core.segmenter import AFTER
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.plugins import capabilities

Cores = Sequence[int] | None

QUIET, EACH = 600.0, 43.0
"""Seconds of audio without a word: in all, and about as much as one stream plays."""


@dataclass(frozen=True)
class Column:
    """A configuration: the default one, or what becomes of it where an extra is installed."""

    name: str
    finals: str  # the setting
    model: str  # `finals` of benchmarks/accuracy.py


DEFAULT = Column("default install", "tiny", "tiny")
BETTER = Column("with the extra `better`", "auto", "base")


@dataclass(frozen=True)
class Ours:
    column: Column
    speed: Speed  # one stream, the chorus and a reading
    chorus: Speed  # one stream, the chorus: what the peers are played
    accuracy: Accuracy  # of the chorus
    model: str  # that made most of the finals
    flush: Spread
    own_end: Spread  # from where the VAD heard the last speech of an utterance to its final
    revised: Spread  # from a final to the times of its words
    quiet: dict[str, tuple[int, int]]  # words in interims, words in finals
    times: Spread  # how far word times are from where the words are
    held: Held | None


def measure(
    column: Column,
    speech: Path,
    readings: list[Reading],
    ring: list[Reading],
    cores: Cores,
    limit: int,
) -> Ours:
    """`limit` streams at most are tried; 0: it is not asked how many are held."""
    quiets = audio.quiets(speech, QUIET, EACH)
    digits = audio.digits(speech)
    asking = ring[0].part(flushes=ring[0].ends, options={"endpoint_ms": 5000})
    with vivavoce(cores, finals=column.finals) as system:
        say(f"{system.name}, {column.name}, one stream")
        chorus = system.trial([ring[0].part()])
        alone = [chorus, system.trial([readings[0].part()])]
        say(f"{system.name}, {column.name}, flushes, word times and quiet")
        beside = system.trial([asking, digits.part(), *(one.part() for one in quiets)])
        held = _held(system, ring, chorus, cores, limit)
    flushed, counted, *unsaid = beside.heard
    heard = chorus.heard[0].text
    model = whole.model_of(chorus)
    return Ours(
        column,
        speed(alone),
        speed([chorus]),
        accuracy(ring[:1], [heard], [whole.moonshine(ring[0], model)]),
        model,
        spread(flushes(flushed)),
        spread([delay for trial in alone for delay in after_own_end(trial.heard[0])]),
        revised(alone),
        {one.name: _words(h) for one, h in zip(quiets, unsaid, strict=True)},
        spread(word_times(Trial([counted], 0, 0, []), digits.words)),
        held,
    )


def _held(
    system: System, ring: list[Reading], chorus: Trial, cores: Cores, limit: int
) -> Held | None:
    if not limit:
        return None
    better = capabilities("moonshine").better
    return crowd.search(system, ring, chorus, cores, limit=limit, better=better)


def flushes(heard: Heard) -> list[float]:
    """From each flush to the final that answers it, where anything was open."""
    found, asked = [], None
    for line in heard.lines:
        if "flush" in line:
            asked = line["flush"]
        elif line.get("final") and not line.get("revised") and asked is not None:
            found.append(line["t"] - asked)
            asked = None
    return found


def after_own_end(heard: Heard) -> list[float]:
    """How long finals took from where the VAD heard the last of their speech.

    An utterance ends `AFTER` beyond that, unless it was cut within speech: those have no such
    end and are left out.
    """
    finals = {line["utterance"]: line for line in reversed(heard.lines) if line.get("final")}
    begun = {line["start"] for line in finals.values()}
    return [
        line["t"] - (line["end"] - AFTER) / SAMPLE_RATE
        for line in finals.values()
        if line["text"] and line["end"] not in begun
    ]


def _words(heard: Heard) -> tuple[int, int]:
    """Words in interims, each interim counted, and words that became final."""
    tails = [line for line in heard.lines if line.get("final") is False]
    return sum(len(bare(line["text"])) for line in tails), len(bare(heard.text))


def say(what: str) -> None:
    print(f"-- {what}", flush=True)
