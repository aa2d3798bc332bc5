"""What is played to whom, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.live import audio, whole
from benchmarks.live.audio import Reading
from benchmarks.live.figures import (
    Accuracy,
    Held,
    Speed,
    Spread,
    accuracy,
    course,
    speed,
    spread,
    word_times,
)
from benchmarks.live.peers import Peer, running
from vivavoce.bench.held import Verdict, most, verdict
from vivavoce.bench.system import System, vivavoce
from vivavoce.bench.trial import Heard, Trial
from vivavoce.bench.words import bare
from vivavoce.config import Settings
from vivavoce.core.errors import VivavoceError
from vivavoce.core.types import SAMPLE_RATE

Cores = Sequence[int] | None
LIMIT = 64
"""Streams beyond which no machine of this size is tried."""

LENIENCE = 0.5
"""Seconds by which a peer's finals may be slower yet: it waits longer after some sentences."""

GUESS = 16
"""Streams of ours that are tried first."""


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    readings: int  # of five, played one at a time to each system
    trial: float  # seconds that each stream speaks when it is asked how many are held
    nonstop: float  # seconds of speech without a pause; 0: none
    held: bool  # whether it is asked how many streams are held


@dataclass(frozen=True)
class Ours:
    speed: Speed
    alone: Accuracy  # of the readings that the speed was measured with
    accuracy: dict[str, Accuracy]  # by the name of the recordings
    model: str  # that made most of the finals
    flush: Spread
    own_end: Spread  # from the end that a final itself gives to the final
    quiet: dict[str, tuple[int, int]]  # words in interims, words in finals
    noisy: dict[str, Accuracy]
    times: Spread  # how far word times are from where the words are
    course: list[float]  # the cost of each fifth of speech without a pause
    held: Held
    memory: float  # bytes for each further stream


@dataclass(frozen=True)
class Theirs:
    peer: Peer
    speed: Speed | None = None
    accuracy: Accuracy | None = None
    held: Held | None = None
    memory: float = 0.0
    failed: str = ""  # why it could not be measured


def measure_ours(extent: Extent, speech: Path, readings: list[Reading], cores: Cores) -> Ours:
    endpoint = Settings().endpoint_ms / 1000
    noisy = _noisy(speech)
    quiets = audio.quiets(speech, 86.0)
    digits = audio.digits(speech)
    texts = [] if not extent.held else _long(speech)
    with vivavoce(cores) as system:
        say("Vivavoce, one stream at a time")
        alone = [system.trial([one.part()]) for one in readings[: extent.readings]]
        say("Vivavoce, accuracy")
        together = system.trial([one.part() for one in [*readings, *texts]])
        say("Vivavoce, flushes and word times")
        flushed = system.trial(
            [
                readings[0].part(flushes=readings[0].ends, options={"endpoint_ms": 5000}),
                digits.part(),
            ]
        )
        say("Vivavoce, noise")
        unsaid = system.trial([one.part() for one in [*quiets, *noisy]])
        held = _held(system, extent, readings, GUESS, endpoint)
        steady = _nonstop(system, extent, readings)
    model = whole.model_of(together)
    sets = _grouped([*readings, *texts], together)
    return Ours(
        speed(alone),
        _accuracy(readings[: extent.readings], [one.heard[0].text for one in alone], model),
        {name: _accuracy(of, heard, model) for name, (of, heard) in sets.items()},
        model,
        spread(_flushes(flushed.heard[0])),
        spread([delay for trial in alone for delay in _after_own_end(trial.heard[0])]),
        {q.name: _words(h) for q, h in zip(quiets, unsaid.heard, strict=False)},
        {
            one.name: _accuracy([one], [heard.text], model)
            for one, heard in zip(noisy, unsaid.heard[len(quiets) :], strict=True)
        },
        spread(word_times(Trial(flushed.heard[1:], 0, 0, []), digits.words)),
        course(steady) if steady else [],
        held[0],
        _memory(alone[0], held[1]),
    )


def measure_peer(peer: Peer, extent: Extent, readings: list[Reading], cores: Cores) -> Theirs:
    chosen = readings[: extent.readings]
    try:
        with running(peer, cores) as system:
            say(f"{peer.name}, one stream at a time")
            alone = [system.trial([one.part()]) for one in chosen]
            figures = speed(alone)
            best = None if peer.server else figures.final.most + LENIENCE
            held, most_streams = _held(system, extent, readings, peer.guess, best)
    except (OSError, ValueError, VivavoceError) as error:
        return Theirs(peer, failed=str(error))
    heard = [trial.heard[0].text for trial in alone]
    if peer.server:
        at_leisure = whole.whisper(chosen)
    elif peer.name == "moonshine":
        at_leisure = [whole.moonshine(one) for one in chosen]
    else:
        at_leisure = heard  # it decodes a stream and a file alike
    memory = _memory(alone[0], most_streams)
    return Theirs(peer, figures, accuracy(chosen, heard, at_leisure), held, memory)


def _held(
    system: System, extent: Extent, readings: list[Reading], guess: int, best: float | None
) -> tuple[Held, Trial | None]:
    """The search, and the trial with the most streams that were held."""
    verdicts: list[Verdict] = []
    trials: dict[int, Trial] = {}

    def holds(streams: int) -> bool:
        say(f"{system.name}, {streams} streams")
        crowd = audio.crowd(readings, streams, extent.trial)
        begins = (number * 0.137 % 1.0 for number in range(streams))
        trials[streams] = system.trial(
            [one.part(begin=begin) for one, begin in zip(crowd, begins, strict=True)]
        )
        verdicts.append(verdict(trials[streams], best))
        print(verdicts[-1], flush=True)
        return verdicts[-1].holds

    count = most(holds, guess, LIMIT) if extent.held else 0
    return Held(count, tuple(verdicts)), trials.get(count)


def _nonstop(system: System, extent: Extent, readings: list[Reading]) -> Trial | None:
    if not extent.nonstop:
        return None
    say(f"{system.name}, {extent.nonstop / 60:.0f} minutes without a pause")
    return system.trial([audio.nonstop(readings, extent.nonstop).part()])


def _noisy(speech: Path) -> list[Reading]:
    names = ("phone8k", "noisy10db", "noisy5db")
    return [
        audio.join(name, audio.clips(speech, f"derived/{name}/", placed=False)) for name in names
    ]


def _long(speech: Path) -> list[Reading]:
    joined = audio.join("ljspeech", audio.clips(speech, "ljspeech/"))
    return [joined, audio.join("long", audio.clips(speech, "derived/long/"))]


def _grouped(readings: list[Reading], trial: Trial) -> dict[str, tuple[list[Reading], list[str]]]:
    """The five readings of test-other are one set."""
    sets: dict[str, tuple[list[Reading], list[str]]] = {}
    for reading, heard in zip(readings, trial.heard, strict=True):
        name = "test-other" if reading.name.startswith("test-other") else reading.name
        of, texts = sets.setdefault(name, ([], []))
        of.append(reading)
        texts.append(heard.text)
    return sets


def _accuracy(readings: list[Reading], heard: list[str], model: str) -> Accuracy:
    return accuracy(readings, heard, [whole.moonshine(one, model) for one in readings])


def _flushes(heard: Heard) -> list[float]:
    """From each flush to the final that answers it, where anything was open."""
    found, asked = [], None
    for line in heard.lines:
        if "flush" in line:
            asked = line["flush"]
        elif line.get("final") and asked is not None:
            found.append(line["t"] - asked)
            asked = None
    return found


def _after_own_end(heard: Heard) -> list[float]:
    """How long finals took from where they say that the utterance ends."""
    finals = {line["utterance"]: line for line in reversed(heard.lines) if line.get("final")}
    return [
        line["t"] - line["end"] / SAMPLE_RATE
        for line in finals.values()
        if line["text"] and line["end"] is not None
    ]


def _words(heard: Heard) -> tuple[int, int]:
    """Words in interims, each interim counted, and words that became final."""
    tails = [line for line in heard.lines if line.get("final") is False]
    return sum(len(bare(line["text"])) for line in tails), len(bare(heard.text))


def _memory(one: Trial, many: Trial | None) -> float:
    """Bytes for each further stream."""
    if many is None or len(many.heard) < 2:
        return 0.0
    return (many.memory - one.memory) / (len(many.heard) - 1)


def say(what: str) -> None:
    print(f"-- {what}", flush=True)
