"""`make bench`: this project and its peers, side by side, on the same audio, at the pace of speech.

    python -m benchmarks.live [--quick] [--peers NAME ...] [--cores 2] [--page FILE]

Prints the page and writes it to docs/benchmarks.md, in about half an hour; `--quick` measures
one stream of this project, in five minutes, and writes nothing.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks import long
from benchmarks.live import accurate, audio, beyond, costs, ours, report, theirs
from benchmarks.live.aims import Column
from benchmarks.live.audio import Reading
from benchmarks.live.crowd import LIMIT
from benchmarks.live.ours import BETTER, DEFAULT, Cores, Ours, say
from benchmarks.live.peers import PEERS
from benchmarks.load import figures
from vivavoce.plugins import better

PAGE = Path("docs/benchmarks.md")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.live", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one stream of this project only")
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peers", nargs="*", choices=names, default=names, metavar="NAME")
    parser.add_argument("--cores", type=int, default=2, help="that a system under test may use")
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args()


def main() -> None:
    args = arguments()
    if not args.speech.is_dir():
        print(f"{args.speech} is not here; it holds the recordings that this measures with.")
        return
    begun = time.monotonic()
    cores, beside = shares(args.cores)
    readings = audio.readings(args.speech)
    ring = audio.chorus(readings)
    if args.quick:
        found = ours.measure(DEFAULT, args.speech, readings, ring, cores, 0)
        results = report.Results([Column(found, {})])
    else:
        results = everything(args, readings, ring, cores)
    command = " ".join(["python -m benchmarks.live", *sys.argv[1:]])
    minutes = (time.monotonic() - begun) / 60
    page = report.page(results, report.Machine(cores, beside, command, minutes))
    print(page)
    if not args.quick:
        args.page.write_text(page, encoding="utf-8")
        report.draw(args.page.parent / "images", results)


def everything(
    args: argparse.Namespace, readings: list[Reading], ring: list[Reading], cores: Cores
) -> report.Results:
    """What takes a quiet machine first, and what anything could run beside last."""
    measured: list[Ours] = []
    for column in [DEFAULT, BETTER] if better("moonshine") else [DEFAULT]:
        # No machine holds more streams where they cost more.
        limit = measured[0].held.most if measured and measured[0].held else LIMIT
        measured.append(ours.measure(column, args.speech, readings, ring, cores, limit))
    held = measured[0].held.most if measured[0].held else 1
    peers = [theirs.measure(peer, ring, cores, LIMIT) for peer in PEERS if peer.name in args.peers]
    asked = beyond.measure(DEFAULT, ring, cores, held)
    say("where the processor goes")
    spent = [costs.measure(ring, 1, DEFAULT.finals, cores)]
    say("accuracy")
    models = [one.column.model for one in measured]
    sets = accurate.measure(args.speech, models, len(cores) if cores else os.cpu_count() or 1)
    kept = long.kept()
    columns = [Column(one, sets[one.column.model]) for one in measured]
    columns[0] = Column(measured[0], sets[DEFAULT.model], kept)
    return report.Results(columns, peers, asked, spent, kept, figures.kept())


def shares(wanted: int) -> tuple[list[int] | None, bool]:
    """The cores of the system under test, and whether the generator has others for itself."""
    if not hasattr(os, "sched_getaffinity"):
        return None, False
    every = sorted(os.sched_getaffinity(0))
    mine, rest = every[:wanted], every[wanted:]
    if rest:
        os.sched_setaffinity(0, rest)  # this process and the generator, which it starts
    return mine, bool(rest)


if __name__ == "__main__":
    main()
