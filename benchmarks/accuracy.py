"""Words lost and invented live, held against whole clips decoded by the same model.

    python benchmarks/accuracy.py [--finals tiny base] [--shifts 4] [--endpoints 500 900]
                                  [--sets ljspeech]

Clips are joined without a pause, one reading for each speaker, and heard by the stream that
sessions have, in this process and as fast as it goes: finals depend on the samples alone.
Where samples lie on the detector's grid is chance, and moving them by 5 ms changes many a
word; so everything is read `--shifts` times, each time begun 85 samples later.
"""

import argparse
import asyncio
import csv
import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from itertools import groupby, product
from pathlib import Path

import numpy as np
from msgspec.structs import replace as changed

from vivavoce import __version__
from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.bench.measures import Errors, errors
from vivavoce.core.results import Decided, Reading
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.engines.base import Pcm, StreamOptions, Window
from vivavoce.engines.moonshine.engine import Moonshine
from vivavoce.live.streams import FILE_ENDPOINT, PER_MS
from vivavoce.testing.local import open_local

SETS = (
    *("librispeech_test-other", "ljspeech", "derived/long"),
    *("derived/phone8k", "derived/noisy10db", "derived/noisy5db"),
)
WHOLE = {"derived/long": "ljspeech"}  # its clips, for what is too long to be decoded at once
SHIFT = 85  # samples: a sixth of the grid
PAUSE = np.zeros(2 * SAMPLE_RATE, np.float32)  # so that last words end as all others do
NEVER = 1 << 40  # samples between interims, which change no final
NONE = Errors(0, 0, 0, 0)


@dataclass(frozen=True)
class Clip:
    name: str
    said: str
    pcm: Pcm


class Reader(Moonshine):
    """Moonshine that decodes every window with one of its models."""

    def __init__(self, finals: str) -> None:
        self.load()
        self._model = ""
        if finals == "base":
            self.load_better()
            self._model = self.capabilities.better

    def decode(self, window: Window) -> Reading:
        return super().decode(changed(window, model=self._model))


@cache
def clips(speech: Path, name: str) -> list[Clip]:
    with (speech / "manifest.tsv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if r["path"].startswith(f"{name}/")]
    return [Clip(r["path"], r["transcript"], asyncio.run(read(speech / r["path"]))) for r in rows]


async def read(path: Path) -> Pcm:
    async with aclosing(read_audio(path, AudioFormat("container"), CompleteFile(path))) as blocks:
        return np.concatenate([block async for block in blocks])


def readings(every: Sequence[Clip]) -> Iterator[list[Clip]]:
    """One for each speaker."""
    for _, of in groupby(every, key=lambda clip: Path(clip.name).name.partition("-")[0]):
        yield list(of)


def moved(pcm: Pcm, shift: int) -> Pcm:
    return np.pad(pcm, (shift * SHIFT, 0))


@cache
def wholes(reader: Reader, speech: Path, name: str, shift: int) -> list[str]:
    """The readings of a set, each clip one window."""
    return [
        " ".join(
            reader.decode(Window(samples=moved(clip.pcm, shift).tobytes())).text for clip in of
        )
        for of in readings(clips(speech, name))
    ]


def heard(reader: Reader, of: Sequence[Clip], shift: int, options: StreamOptions) -> str:
    """The finals of a stream."""
    pcm = moved(np.concatenate([*(clip.pcm for clip in of), PAUSE]), shift)
    return asyncio.run(_heard(reader, pcm, options))


async def _heard(reader: Reader, pcm: Pcm, options: StreamOptions) -> str:
    stream = open_local(reader, options)
    await stream.feed(pcm)
    await stream.flush()
    await stream.close()
    results = [result async for result in stream.results()]
    return " ".join(result.text for result in results if isinstance(result, Decided))


@dataclass(frozen=True)
class Shifted:
    """Of a set, one for each shift."""

    whole: tuple[Errors, ...]  # whole clips against what was said
    live: tuple[Errors, ...]  # live against what was said
    between: tuple[Errors, ...]  # live against whole

    @property
    def points(self) -> float:
        """How much worse live is, in points of the word error rate."""
        rates = [statistics.mean(one.rate for one in of) for of in (self.live, self.whole)]
        return 100 * (rates[0] - rates[1])


def shifted(speech: Path, name: str, reader: Reader, way: StreamOptions, n: int) -> Shifted:
    """`n` shifts."""
    at_once, lives, between = list[Errors](), list[Errors](), list[Errors]()
    told = list(readings(clips(speech, WHOLE.get(name, name))))
    played = list(readings(clips(speech, name)))
    for shift in range(n):
        read_whole = wholes(reader, speech, WHOLE.get(name, name), shift)
        live = [heard(reader, of, shift, way) for of in played]
        said = [" ".join(clip.said for clip in of) for of in told]
        at_once.append(total(said, read_whole))
        lives.append(total([" ".join(c.said for c in of) for of in played], live))
        between.append(total(read_whole, live))
    return Shifted(tuple(at_once), tuple(lives), tuple(between))


def row(speech: Path, name: str, finals: str, reader: Reader, way: StreamOptions, n: int) -> str:
    """A line of the table: means over the shifts."""
    found = shifted(speech, name, reader, way, n)
    at_once, lives, between = found.whole, found.live, found.between
    rates, against = [one.rate for one in lives], [one.rate for one in at_once]
    cells = [
        f"{name.rpartition('/')[2]} | {finals} | {lives[0].words} | {spread(against)}",
        f"{spread(rates)} | {found.points:+.1f} | {share(lives, 'lost')} "
        f"| {share(lives, 'invented')}",
        f"{share(at_once, 'lost')} | {share(at_once, 'invented')}",
        f"{share(between, 'lost')} | {share(between, 'invented')}",
    ]
    return f"| {' | '.join(cells)} |"


def total(said: Sequence[str], read: Sequence[str]) -> Errors:
    return sum((errors(a, b) for a, b in zip(said, read, strict=True)), NONE)


def spread(rates: Sequence[float]) -> str:
    """The mean, and how far it is from the least and the most."""
    return f"{statistics.mean(rates):.1%} ({min(rates):.1%} to {max(rates):.1%})"


def share(of: Sequence[Errors], kind: str) -> str:
    return f"{sum(getattr(one, kind) for one in of) / sum(one.words for one in of):.1%}"


HEAD = (
    "| recordings | finals by | words | whole clips | live | points | lost | invented "
    "| lost, whole | invented, whole | lost against whole | invented against whole |\n"
    "|" + "---|" * 12
)


def machine() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return f"{os.cpu_count()} cores of {model}, {platform.system()}"


def ways(endpoints: Sequence[int]) -> Iterator[tuple[str, bool, StreamOptions]]:
    """What it is called, whether finals are read together with those before, and how it is cut."""
    for endpoint, together in product(endpoints, (True, False)):
        title = f"Live, {endpoint} ms, " + ("together with what was said" if together else "alone")
        yield title, together, StreamOptions(endpoint=endpoint * PER_MS, interim_every=NEVER)
    yield "As a file", True, StreamOptions(endpoint=FILE_ENDPOINT, interims=False)


def measure(args: argparse.Namespace) -> Iterator[str]:
    readers = {finals: Reader(finals) for finals in args.finals}
    for title, together, options in ways(args.endpoints):
        yield f"\n## {title}\n\n{HEAD}"
        for reader in readers.values():
            reader.capabilities = changed(reader.capabilities, continues=together)
        for name, finals in product(args.sets, readers):
            yield row(args.speech, name, finals, readers[finals], options, args.shifts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--finals", nargs="+", choices=("tiny", "base"), default=["tiny"])
    parser.add_argument("--endpoints", nargs="+", type=int, default=[500], metavar="MS")
    parser.add_argument("--shifts", type=int, default=4)
    args = parser.parse_args()
    if not args.speech.is_dir():
        print(f"{args.speech} is not here; it holds the recordings that this measures with.")
        return
    print(f"Vivavoce {__version__} on {machine()}, {args.shifts} shifts.")
    for line in measure(args):
        print(line, flush=True)


if __name__ == "__main__":
    main()
