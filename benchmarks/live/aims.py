"""What is aimed at, and what came out: the first table of the page. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.accuracy import Shifted
from benchmarks.live.accurate import Sets
from benchmarks.live.figures import Spread
from benchmarks.live.ours import Ours
from benchmarks.live.theirs import Theirs
from benchmarks.long import Long
from vivavoce.bench.held import Verdict

SILENCE = 0.5
"""Seconds: the configured silence that ends an utterance."""

READ = ("test-other", "ljspeech", "long")
"""Sets whose live reading is held against whole clips."""

NONE = "-"


@dataclass(frozen=True)
class Unit:
    """How a figure is written: `scale` of it with so many `digits`."""

    name: str = ""
    scale: float = 1.0
    digits: int = 0

    def show(self, value: float) -> str:
        return f"{value * self.scale:.{self.digits}f}{self.name}"


MS, MB, PERCENT, COUNT = Unit(" ms", 1e3), Unit(" MB", 1e-6, 1), Unit(" %", 100, 1), Unit()
CORES, POINTS, TIMES = Unit("", 1, 3), Unit("", 1, 2), Unit("", 1, 1)


@dataclass(frozen=True)
class Aim:
    """`limit` may be reached, and not passed; `least`: that much or more is wanted."""

    measure: str
    limit: float
    unit: Unit
    least: bool = False

    @property
    def text(self) -> str:
        if self.limit == 0:
            return "none"
        return f"{self.unit.show(self.limit)} or {'more' if self.least else 'less'}"

    def judged(self, value: float | None) -> str:
        """The value, and by how much it misses the aim."""
        if value is None or math.isnan(value):
            return NONE
        if math.isinf(value):
            return "never, missed"
        off = (self.limit - value) if self.least else (value - self.limit)
        shown = self.unit.show(value)
        if off <= 0:
            return shown
        return f"{shown}, **missed by {self.unit.show(off).lstrip()}**"


@dataclass(frozen=True)
class Column:
    """All that was measured of one configuration."""

    ours: Ours
    sets: Sets
    long: Long | None = None  # what a long session costs


Value = Callable[[Column], float | None]


def rows(columns: Sequence[Column], theirs: Sequence[Theirs]) -> list[tuple[str, ...]]:
    """Measure, aim, and a cell for each column."""
    every = [*_cost(theirs), *_delays(), *_accuracy(), *_calm(), *_long()]
    return [
        (aim.measure, aim.text, *(aim.judged(value(column)) for column in columns))
        for aim, value in every
    ]


def _cost(theirs: Sequence[Theirs]) -> list[tuple[Aim, Value]]:
    speeds = {one.peer.name: one.speed for one in theirs}
    helds = {one.peer.name: one.held for one in theirs}
    moonshine, vosk = speeds.get("moonshine"), helds.get("vosk")
    found: list[tuple[Aim, Value]] = [
        (Aim("processor seconds for a second of audio, one stream", 0.06, CORES), _one_stream)
    ]
    if moonshine is not None:
        cost = moonshine.cost
        aim = Aim("the same, times less than moonshine-voice's `Transcriber`", 4, TIMES, least=True)
        found.append((aim, lambda c: cost / c.ours.chorus.cost))
    found.append((Aim("streams held", 20, COUNT, least=True), _most))
    if vosk is not None:
        aim = Aim("streams held, beside vosk's", vosk.most, COUNT, least=True)
        found.append((aim, _most))
    found += [
        (Aim("words late, with so many streams", 0.05, PERCENT), _late),
        (
            Aim("finals later than alone, 95 %, with so many streams", 0.5, MS),
            _later,
        ),
        (
            Aim("memory for a further stream", 8e6, MB),
            lambda c: c.ours.held.memory if c.ours.held and c.ours.held.most > 1 else None,
        ),
    ]
    return found


def _delays() -> list[tuple[Aim, Value]]:
    wait = SILENCE + 0.15
    return [
        *_both("interim delay", 0.5, 0.9, lambda c: c.ours.speed.interim),
        *_both("stable delay", 1.2, 2.5, lambda c: c.ours.speed.stable),
        (
            Aim("final delay after the end of speech that the VAD heard, 95 %", wait, MS),
            lambda c: c.ours.own_end.most,
        ),
        (
            Aim("final delay after the end of the last word by the aligner, 95 %", wait, MS),
            lambda c: c.ours.speed.final.most,
        ),
        (Aim("final after a flush, 95 %", 0.25, MS), lambda c: c.ours.flush.most),
        (Aim("word times after their final, 95 %", 0.5, MS), lambda c: c.ours.revised.most),
        (
            Aim("the same, with the streams that are held, 95 %", 0.5, MS),
            lambda c: c.ours.held.revised.most if c.ours.held else None,
        ),
        *_both("how far word times are off", 0.08, 0.25, lambda c: c.ours.times),
    ]


def _accuracy() -> list[tuple[Aim, Value]]:
    found: list[tuple[Aim, Value]] = []
    for name in READ:
        found += [
            (Aim(f"{name}: live worse than whole clips, points", 0.5, POINTS), _points(name)),
            (Aim(f"{name}: words lost live", 0.01, PERCENT), _share(name, "lost")),
            (Aim(f"{name}: words invented live", 0.01, PERCENT), _share(name, "invented")),
        ]
    return found


def _calm() -> list[tuple[Aim, Value]]:
    quiet = "words on 10 minutes without speech, "
    return [
        (Aim(quiet + "interims", 0, COUNT), lambda c: sum(n for n, _ in c.ours.quiet.values())),
        (Aim(quiet + "finals", 0, COUNT), lambda c: sum(n for _, n in c.ours.quiet.values())),
        (Aim("flicker", 0.25, PERCENT), lambda c: c.ours.speed.flicker),
        (Aim("stable words changed by an interim", 0, COUNT), lambda c: c.ours.speed.by_interim),
        (Aim("stable words changed by the final", 0.02, PERCENT), lambda c: c.ours.speed.by_final),
    ]


def _long() -> list[tuple[Aim, Value]]:
    return [
        (
            Aim("20 minutes without a pause: a fifth's cost off the mean", 0.2, PERCENT),
            lambda c: c.long.uneven if c.long else None,
        ),
        (
            Aim("a long session: memory gained in its second half", 8e6, MB),
            lambda c: c.long.gained if c.long else None,
        ),
    ]


def _both(
    name: str, median: float, most: float, of: Callable[[Column], Spread]
) -> list[tuple[Aim, Value]]:
    return [
        (Aim(f"{name}, median", median, MS), lambda c: of(c).median),
        (Aim(f"{name}, 95 %", most, MS), lambda c: of(c).most),
    ]


def _one_stream(column: Column) -> float:
    return column.ours.speed.cost


def _most(column: Column) -> float | None:
    return column.ours.held.most if column.ours.held else None


def _tried(column: Column) -> Verdict | None:
    """The trial with the most streams that are held."""
    held = column.ours.held
    return next((v for v in held.verdicts if v.streams == held.most), None) if held else None


def _late(column: Column) -> float | None:
    tried = _tried(column)
    return tried.late if tried else None


def _later(column: Column) -> float | None:
    """How much later finals come than the same finals do alone."""
    tried = _tried(column)
    return tried.final - column.ours.chorus.final.most if tried else None


def _points(name: str) -> Value:
    return lambda c: c.sets[name].points if name in c.sets else None


def _share(name: str, kind: str) -> Value:
    return lambda c: share(c.sets[name], kind) if name in c.sets else None


def share(shifted: Shifted, kind: str) -> float:
    """Of the words of the reference: lost or invented live."""
    errors = shifted.live
    found: int = sum(getattr(one, kind) for one in errors)
    return found / sum(one.words for one in errors)
