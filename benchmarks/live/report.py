"""The page: tables, definitions, and the machine; and the pictures beside it."""

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.accuracy import Shifted
from benchmarks.live import aims, costs
from benchmarks.live.aims import Column, share
from benchmarks.live.beyond import Beyond
from benchmarks.live.costs import Costs
from benchmarks.live.environments import ENVIRONMENTS
from benchmarks.live.figures import Accuracy, Gave, Held, Speed, Spread
from benchmarks.live.plots import Axis, Line, plot
from benchmarks.live.text import DEFINITIONS, INTRODUCTION, PEERS_NOTE
from benchmarks.live.theirs import Theirs
from benchmarks.load import page as many
from benchmarks.load.figures import Load
from benchmarks.long import Long
from vivavoce.bench.held import Verdict
from vivavoce.bench.measures import Errors

Row = Sequence[str]
WORDS_SHOWN = "bench-words.svg"
STREAMS_HELD = "bench-streams.svg"


@dataclass(frozen=True)
class Machine:
    cores: Sequence[int] | None  # of the system under test
    beside: bool  # whether the generator has cores of its own
    command: str
    minutes: float  # that the run took


@dataclass(frozen=True)
class Results:
    """The first column is the default configuration."""

    columns: Sequence[Column]
    theirs: Sequence[Theirs] = ()
    beyond: Beyond | None = None
    costs: Sequence[Costs] = ()
    long: Long | None = None
    load: Load | None = None


def page(results: Results, machine: Machine) -> str:
    columns, names = results.columns, [one.ours.column.name for one in results.columns]
    first = columns[0].ours
    parts = [
        "# Benchmarks",
        INTRODUCTION,
        "## What is aimed at, and what came out",
        _table(("measure", "aim", *names), aims.rows(columns, results.theirs)),
        "## Held against what was said",
        *(part for one in columns for part in _sets(one)),
    ]
    if results.theirs:
        parts += [
            "## Side by side",
            _table(
                ("", "Vivavoce", *(one.peer.name for one in results.theirs)),
                _side_rows(columns[0], results.theirs),
            ),
            *(
                f"{one.peer.name} could not be measured: {one.failed}"
                for one in results.theirs
                if one.failed
            ),
            f"All of one stream of the chorus, Vivavoce as its {first.column.name} has it. In "
            "brackets: how many times ours.",
            f"![When words are shown](images/{WORDS_SHOWN})",
            f"![Late words and streams](images/{STREAMS_HELD})",
            "## What was measured against",
            _table(("peer", "version", "weights", "configuration"), _peer_rows(results.theirs)),
            PEERS_NOTE,
        ]
    parts += [part for one in columns for part in _gave(one)]
    if results.beyond is not None:
        parts.append(_beyond(results.beyond, first.column.name))
    if results.costs:
        parts += ["## Where the processor goes", COSTS_NOTE, costs.tables(results.costs)]
    if results.long is not None:
        parts += ["## A long session", _long(results.long)]
    if results.load is not None:
        parts.append(many.section(results.load))
    parts += ["## Definitions", DEFINITIONS, "## How it was run", _how(results, machine)]
    return "\n\n".join(parts) + "\n"


COSTS_NOTE = """\
Processor seconds for each second of a stream's audio, of the default install. The server's own
part is looked at whenever it has computed for 4 milliseconds; the looks cost something,
so its sum is a little more than in the first table."""

ACCURACY_COLUMNS = (
    *("recordings", "words", "whole clips", "live", "points", "lost", "invented"),
    *("lost, whole", "invented, whole", "lost against whole", "invented against whole"),
)


def _sets(column: Column) -> list[str]:
    if not column.sets:
        return []
    rows = [_accuracy(name, one) for name, one in column.sets.items()]
    return [f"{column.ours.column.name.capitalize()}:", _table(ACCURACY_COLUMNS, rows)]


def _accuracy(name: str, one: Shifted) -> Row:
    whole, between = Shifted(one.whole, one.whole, ()), Shifted((), one.between, ())
    return (
        name,
        str(one.live[0].words),
        _rates(one.whole),
        _rates(one.live),
        f"{one.points:+.1f}",
        *(f"{share(of, kind):.1%}" for of in (one, whole, between) for kind in KINDS),
    )


KINDS = ("lost", "invented")


def _rates(errors: Sequence[Errors]) -> str:
    """The mean over the shifts, and between which it lies where there are several."""
    rates = [one.rate for one in errors]
    mean = f"{sum(rates) / len(rates):.1%}"
    return mean if len(rates) < 2 else f"{mean} ({min(rates):.1%} to {max(rates):.1%})"


def _side_rows(column: Column, theirs: Sequence[Theirs]) -> list[Row]:
    own, ours = column.ours.chorus, column.ours
    speeds = [one.speed for one in theirs]
    accuracies = [one.accuracy for one in theirs]
    helds = [one.held for one in theirs]

    def row(title: str, mine: str, cells: Sequence[str | None]) -> Row:
        return (title, mine, *(cell or aims.NONE for cell in cells))

    def timed(title: str, of: str) -> Row:
        mine: Spread = getattr(own, of)
        return row(
            title, _both(mine), [_against(getattr(s, of), mine) if s else None for s in speeds]
        )

    return [
        row(
            "processor, one stream",
            f"{own.cost:.3f}",
            [f"{s.cost:.3f} ({s.cost / own.cost:.1f})" if s else None for s in speeds],
        ),
        row("streams held", _held(ours.held) or aims.NONE, [_held(held) for held in helds]),
        timed("interim delay, median / 95 %", "interim"),
        timed("stable delay, median / 95 %", "stable"),
        timed("final delay, median / 95 %", "final"),
        row("words late", f"{own.late:.1%}", [f"{s.late:.1%}" if s else None for s in speeds]),
        row("flicker", f"{own.flicker:.1%}", [f"{s.flicker:.1%}" if s else None for s in speeds]),
        row("stable words changed", _changed(own), [_changed(s) if s else None for s in speeds]),
        row(
            "error rate, live / whole",
            f"{ours.accuracy.live.rate:.1%} / {ours.accuracy.whole.rate:.1%}",
            [f"{a.live.rate:.1%} / {a.whole.rate:.1%}" if a else None for a in accuracies],
        ),
        row(
            "words lost / invented",
            _lost(ours.accuracy),
            [_lost(a) if a else None for a in accuracies],
        ),
        row(
            "memory for a further stream",
            _memory(ours.held) or aims.NONE,
            [_memory(held) for held in helds],
        ),
    ]


def _against(theirs: Spread, ours: Spread) -> str | None:
    if math.isnan(theirs.median):
        return None
    return f"{_both(theirs)} ({theirs.median / ours.median:.1f} / {theirs.most / ours.most:.1f})"


def _changed(speed: Speed) -> str:
    return f"{speed.by_final:.1%}" + (
        f", {speed.by_interim} by interims" if speed.by_interim else ""
    )


def _lost(one: Accuracy) -> str:
    words = max(1, one.live.words)
    return f"{one.live.lost / words:.1%} / {one.live.invented / words:.1%}"


def _held(held: Held | None) -> str | None:
    return None if held is None else str(held.most)


def _memory(held: Held | None) -> str | None:
    return None if held is None or held.most < 2 else f"{held.memory / 1e6:.1f} MB"


def _both(spread: Spread) -> str:
    """Of nothing: a dash."""
    if math.isnan(spread.median):
        return aims.NONE
    return f"{spread.median * 1e3:.0f} / {spread.most * 1e3:.0f} ms"


def _peer_rows(theirs: Sequence[Theirs]) -> list[Row]:
    packages = {one.name: [*one.packages, *one.bare] for one in ENVIRONMENTS}
    return [
        (one.peer.name, _pinned(packages[one.peer.name], one.peer.name), one.peer.weights,
         one.peer.configuration)
        for one in theirs
    ]  # fmt: skip


def _pinned(packages: list[str], name: str) -> str:
    found = next(package for package in packages if package.startswith(name))
    return found.partition("==")[2]


GAVE_COLUMNS = (
    *("streams", "interims a second", "finals by the dearer model", "finals with word times"),
    *("furthest behind", "words late", "finals, 95 %", "words lost", "held"),
)


def _gave(column: Column) -> list[str]:
    held = column.ours.held
    if held is None:
        return []
    holds = {v.streams: "yes" if v.holds else "no" for v in held.verdicts}
    rows = [_given(one, holds[one.streams]) for one in held.gave]
    return [f"## What gives under load, {column.ours.column.name}", _table(GAVE_COLUMNS, rows)]


def _given(one: Gave, holds: str) -> Row:
    return (
        *(str(one.streams), f"{one.interims:.2f}", f"{one.better:.0%}", f"{one.timed:.0%}"),
        *(f"{one.lag:.1f} s", f"{one.late:.1%}", f"{one.final * 1e3:.0f} ms"),
        *(f"{one.lost:.1%}", holds),
    )


def _beyond(found: Beyond, name: str) -> str:
    served = found.served
    reasons = " ".join(f"*{reason}*" for reason in found.reasons)
    again = "and was told to try again" if found.again else "and was **not** told to try again"
    said = f"Each of the {found.refused} refused was told why ({reasons}) {again}. "
    return (
        f"A server that admits as many as it finds itself fit for ({name}) was asked to serve "
        f"{found.asked} streams and served {served.streams}. {said if found.refused else ''}"
        f"Of those served, {served.late:.1%} of the words were late, 95 % of the finals came "
        f"within {served.final * 1e3:.0f} ms, and {served.lost:.1%} of the words were lost."
    )


def _long(found: Long) -> str:
    costs = "\n".join(f"      {cost:.4f}" for cost in found.costs)
    memory = "\n".join(
        f"      after {hour:.1f} h {held / 1e6:.0f} MB" for hour, held in found.memory
    )
    return f"""\
Made by `python -m benchmarks.endurance` on {found.day} (Vivavoce {found.version}, \
{found.machine}), apart from the rest of this page; the memory is that of the server, a host and \
the aligner together.

    {found.minutes:.0f} minutes without a pause, by fifths, processor seconds for a second:
{costs}
    {found.hours:g} hours through a server, whose processes hold:
{memory}"""


def _how(results: Results, machine: Machine) -> str:
    cores = "all cores" if machine.cores is None else f"{len(machine.cores)} cores"
    share = "has the others" if machine.beside else "shares them"
    columns, first = results.columns, results.columns[0].ours
    made = "; ".join(
        f"{one.ours.column.name}: `finals = {one.ours.column.finals}`, most by {one.ours.model}"
        for one in columns
    )
    systems = [(f"Vivavoce, {one.ours.column.name}", one.ours.held) for one in columns]
    systems += [(one.peer.name, one.held) for one in results.theirs]
    searches = "\n\n".join(_search(name, held) for name, held in systems if held is not None)
    return f"""\
Vivavoce {version("vivavoce")} ({made}), a real `vivavoce serve`, everything else as it is by \
default, with a data directory of its own (but for the most sessions that it admits), on \
{datetime.now(UTC):%d %B %Y}, in {machine.minutes:.0f} minutes: {_machine()}. The system under \
test has {cores}; the load generator, a process of its own that speaks `vivavoce.v1` over bare \
WebSockets, {share}. For one stream it took {first.speed.generator:.4f} processor seconds for each \
second of audio, and its latest frame was {first.speed.behind * 1e3:.0f} ms late. Made by

    {machine.command}

The search for how many streams are held:

{searches or "    not asked"}"""


def _search(name: str, held: Held) -> str:
    return "\n".join([f"    {name}", *(_verdict(one) for one in held.verdicts)])


def _verdict(v: Verdict) -> str:
    why = "" if v.holds else ", not held"
    return (
        f"    {v.streams:5} streams: {v.late:6.1%} late, finals {v.final * 1e3:5.0f} ms, "
        f"{v.shown:4.0%} of the words, processor {v.cost:.3f}, generator {v.generator:.4f}{why}"
        + (f" ({v.refused})" if v.refused else "")
    )


def _machine() -> str:
    info = Path("/proc/cpuinfo")
    model = platform.processor() or platform.machine()
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("onnxruntime", "numpy"))
    return (
        f"{os.cpu_count()} cores of {model}, {pages:.0f} GiB, {platform.system()} "
        f"{platform.release().partition('-')[0]}, Python {platform.python_version()}, {packages}"
    )


def _table(columns: Row, rows: Sequence[Row]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


NOBODY = Held(0, (), (), Spread(math.nan, math.nan, ()), 0.0)


def draw(folder: Path, results: Results) -> None:
    """When words are shown, and what load does to that."""
    ours = results.columns[0].ours
    measured = [("Vivavoce", ours.chorus, ours.held or NOBODY)]
    measured += [(t.peer.name, t.speed, t.held) for t in results.theirs if t.speed and t.held]
    seconds = Axis("seconds after the end of a word", 3, (0, 0.5, 1, 1.5, 2, 2.5, 3))
    share = Axis("share of the words shown", 1, (0, 0.25, 0.5, 0.75, 1))
    shown = [
        Line(
            name, [point for point in _cumulated(speed.interim.values) if point[0] <= seconds.most]
        )
        for name, speed, _ in measured
    ]
    (folder / WORDS_SHOWN).write_text(plot(shown, seconds, share), encoding="utf-8")
    tried = [v.streams for _, _, held in measured for v in held.verdicts]
    most = max(tried, default=1)
    streams = Axis("streams", most, range(0, most + 1, max(1, most // 8)))
    late = Axis("share of the words late", 0.5, (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5))
    loads = [
        Line(name, [(1, speed.late), *sorted((v.streams, v.late) for v in held.verdicts)])
        for name, speed, held in measured
    ]
    (folder / STREAMS_HELD).write_text(plot(loads, streams, late, dots=True), encoding="utf-8")


def _cumulated(values: Sequence[float]) -> list[tuple[float, float]]:
    ordered = sorted(values)
    return [(value, (i + 1) / len(ordered)) for i, value in enumerate(ordered)]
