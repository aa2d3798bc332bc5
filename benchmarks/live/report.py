"""The page: tables, definitions, and the machine; and the pictures beside it."""

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.live.bench import Extent, Ours, Theirs
from benchmarks.live.environments import ENVIRONMENTS
from benchmarks.live.figures import Accuracy, Held, Speed, Spread
from benchmarks.live.plots import Axis, Line, plot

Row = Sequence[str]
WORDS_SHOWN = "bench-words.svg"
STREAMS_HELD = "bench-streams.svg"


@dataclass(frozen=True)
class Machine:
    cores: Sequence[int] | None  # of the system under test
    beside: bool  # whether the generator has cores of its own
    command: str


def page(ours: Ours, theirs: Sequence[Theirs], extent: Extent, machine: Machine) -> str:
    parts = [
        "# Benchmarks",
        INTRODUCTION,
        "## This project",
        _table(("measure", "result", "aim"), _own_rows(ours, extent)),
        "## Held against what was said",
        _table(ACCURACY_COLUMNS, _accuracy_rows(ours)),
    ]
    if theirs:
        parts += [
            "## Side by side",
            _table(("", "Vivavoce", *(one.peer.name for one in theirs)), _side_rows(ours, theirs)),
            *(
                f"{one.peer.name} could not be measured: {one.failed}"
                for one in theirs
                if one.failed
            ),
            f"On {extent.readings} of the five readings. In brackets: how many times ours.",
            f"![When words are shown](images/{WORDS_SHOWN})",
            f"![Late words and streams](images/{STREAMS_HELD})",
            "## What was measured against",
            _table(("peer", "version", "weights", "configuration"), _peer_rows(theirs)),
            PEERS_NOTE,
        ]
    parts += ["## Definitions", DEFINITIONS, "## How it was run", _how(ours, machine)]
    return "\n\n".join(parts) + "\n"


INTRODUCTION = """\
What live captions are judged by: how soon words show, how little they change, that none is lost
or invented, and how many people one machine can serve. Everything here is measured in one run
from one default configuration, on the same audio, at the pace of speech. Machines differ and
this one is noisy: the ratios count."""

PEERS_NOTE = """\
Each runs in an environment of its own and is asked in the way that its own documentation shows.
SimulStreaming, whisperlivekit's other policy, needs PyTorch weights, which no package carries, so
it is not here. whisper-live's own requirements cannot all be met (PyAudio, a client's, has no
wheel for Linux; its tokenizers is older than its faster-whisper allows), so it was given those
that its server imports. The Whisper servers say no end of an utterance, so they have no final
delay; *stable* is what they mark as confirmed or completed."""

DEFINITIONS = """\
- A stream's time 0 is when its first sample is spoken. A frame of 100 ms is sent when its last
  sample is, so up to 100 ms of every delay are the frame's.
- **Interim delay**: from the end of a word in the audio to its first display. Of words that were
  said and are in the last reading; a word that only its final gets right is first displayed then.
- **Late**: first displayed more than 1 s after its end. Given as a share of those words.
- **Stable delay**: from a word's end to its first display in the stable part, or in a final.
- **Final delay**: from the end of an utterance's last word to its final. It holds the silence
  that ends an utterance (500 ms here). The aligner and the VAD do not always agree where a voice
  ended; *after the end that it gives itself* is from the VAD's end. **On flush**: from the flush,
  sent as the last word's clip ends, to the final that answers it.
- **Flicker**: words shown in the tail and changed or removed by a later display, over words shown
  in a tail. Words are followed from display to display by alignment, not by their index, so an
  insertion before a word does not change it; case and punctuation do not count.
- **Stable words changed**: gone from a later display, by an interim or by a final.
- **Processor**: seconds for each second of audio, user and system, of all processes of the system
  (server, engine hosts, decoders), from `/proc`; the generator's is not in it.
- **Streams held**: the most, by halving, at which at most 5 % of the words are late and 95 % of
  the finals come within 1 s: the 500 ms of silence and 500 ms. A peer's finals may take 1 s
  longer than its own do with one stream, because it waits longer after some sentences than after
  others. Each stream reads other sentences, without a pause between the clips.
- **Memory for a further stream**: what all processes have (PSS) with so many streams and with
  one, divided by the streams between.
- **Word error rate**: wrong, lost and invented words over the words of the reference; lower case,
  no punctuation, hyphens as spaces, *mister* as *mr*. **Lost** and **invented** are what the
  alignment leaves over on either side. **Whole** is the model that makes the finals, given each
  clip at once.
- **Where words end**: the transcripts, aligned with the audio by pocketsphinx 5.1.1; trailing
  silence (less than 6 dB above the clip's quietest tenth) is taken off a word. **Word times** are
  held against another reference: 72 single recorded words placed at known samples. A word that
  is read right is paired with the nearest such word within 1.5 s.
- **Quiet**: silence, room noise (1/f above 400 Hz, -50 dB), breath (swelling noise), music
  (plucked chords), all four synthesised, and three recorded noises, repeated: 10 minutes. Recorded
  music was not at hand. The telephone and noisy sets are played beside them, to the same server
  with the same settings."""

ACCURACY_COLUMNS = (
    *("recordings", "words", "whole: error rate", "live: error rate", "points"),
    *("live: lost", "live: invented", "lost against whole", "invented against whole"),
)


def _own_rows(ours: Ours, extent: Extent) -> list[Row]:
    s = ours.speed
    interims = sum(seen for seen, _ in ours.quiet.values())
    finals = sum(said for _, said in ours.quiet.values())
    rows: list[Row] = [
        ("processor, one stream", f"{s.cost:.3f}", "0.06"),
        ("interim delay, median / 95 %", _both(s.interim), "500 / 900 ms"),
        ("words late, one stream", f"{s.late:.1%}", "5 %"),
        ("stable delay, median / 95 %", _both(s.stable), "1200 / 2500 ms"),
        ("final delay, median / 95 %", _both(s.final), "- / 650 ms"),
        ("final after the end that it gives itself, median / 95 %", _both(ours.own_end), "-"),
        ("final after a flush, median / 95 %", _both(ours.flush), "- / 250 ms"),
        ("flicker", f"{s.flicker:.1%}", "25 %"),
        ("stable words changed by an interim", str(s.by_interim), "0"),
        ("stable words changed by the final", f"{s.by_final:.1%}", "2 %"),
        ("words on 10 minutes of quiet, interims / finals", f"{interims} / {finals}", "0 / 0"),
        ("word times, median / 95 %", _both(ours.times), "80 / 250 ms"),
    ]
    if extent.held:
        rows += [
            ("streams held", str(ours.held.most), "20"),
            ("memory for a further stream", f"{ours.memory / 1e6:.1f} MB", "8 MB"),
        ]
    if ours.course:
        shares = " ".join(f"{share:.2f}" for share in ours.course)
        minutes = extent.nonstop / 60
        rows.append((f"cost of each fifth of {minutes:.0f} min nonstop", shares, "0.8 ... 1.2"))
    return rows


def _accuracy_rows(ours: Ours) -> list[Row]:
    return [_accuracy(name, one) for name, one in {**ours.accuracy, **ours.noisy}.items()]


def _accuracy(name: str, one: Accuracy) -> Row:
    return (
        name,
        str(one.live.words),
        f"{one.whole.rate:.1%}",
        f"{one.live.rate:.1%}",
        f"{100 * (one.live.rate - one.whole.rate):+.1f}",
        *(f"{n / max(1, one.live.words):.1%}" for n in (one.live.lost, one.live.invented)),
        *(f"{n / max(1, one.between.words):.1%}" for n in (one.between.lost, one.between.invented)),
    )


def _side_rows(ours: Ours, theirs: Sequence[Theirs]) -> list[Row]:
    own = ours.speed
    speeds = [one.speed for one in theirs]
    accuracies = [one.accuracy for one in theirs]

    def row(title: str, mine: str, cells: Sequence[str | None]) -> Row:
        return (title, mine, *(cell or "-" for cell in cells))

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
        row("streams held", str(ours.held.most), [_held(one.held) for one in theirs]),
        timed("interim delay, median / 95 %", "interim"),
        timed("stable delay, median / 95 %", "stable"),
        timed("final delay, median / 95 %", "final"),
        row("words late", f"{own.late:.1%}", [f"{s.late:.1%}" if s else None for s in speeds]),
        row("flicker", f"{own.flicker:.1%}", [f"{s.flicker:.1%}" if s else None for s in speeds]),
        row(
            "stable words changed",
            f"{own.by_final:.1%}",
            [_changed(s) if s else None for s in speeds],
        ),
        row(
            "error rate, live / whole",
            f"{ours.alone.live.rate:.1%} / {ours.alone.whole.rate:.1%}",
            [f"{a.live.rate:.1%} / {a.whole.rate:.1%}" if a else None for a in accuracies],
        ),
        row(
            "words lost / invented",
            _lost(ours.alone),
            [_lost(a) if a else None for a in accuracies],
        ),
        row(
            "memory for a further stream",
            f"{ours.memory / 1e6:.1f} MB",
            [f"{one.memory / 1e6:.1f} MB" if one.memory else None for one in theirs],
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


def _both(spread: Spread) -> str:
    """Of nothing: a dash."""
    if math.isnan(spread.median):
        return "-"
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


def _how(ours: Ours, machine: Machine) -> str:
    cores = "all cores" if machine.cores is None else f"{len(machine.cores)} cores"
    share = "has the others" if machine.beside else "shares them"
    verdicts = "\n".join(
        f"    {v.streams:3} streams: {v.late:6.1%} late, finals {v.final * 1e3:5.0f} ms, "
        f"processor {v.cost:.3f}{'' if v.holds else ', not held'}"
        + (f" ({v.refused})" if v.refused else "")
        for v in sorted(ours.held.verdicts, key=lambda v: v.streams)
    )
    return f"""\
Vivavoce {version("vivavoce")}, finals by {ours.model}, a real `vivavoce serve` with default \
settings and a data directory of its own (but for the most sessions that it admits), on \
{datetime.now(UTC):%d %B %Y}: {_machine()}. The system under test has {cores}; the load \
generator, a process of its own that speaks `vivavoce.v1` over bare WebSockets, {share}. It took \
{ours.speed.generator:.3f} processor seconds for each second of audio, and its latest frame was \
{ours.speed.behind * 1e3:.0f} ms late. Made by

    {machine.command}

The search for how many streams are held:

{verdicts or "    not asked"}"""


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


def draw(folder: Path, ours: Ours, theirs: Sequence[Theirs]) -> None:
    """When words are shown, and what load does to that."""
    measured = [("Vivavoce", ours.speed, ours.held)]
    measured += [(t.peer.name, t.speed, t.held) for t in theirs if t.speed and t.held]
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
