"""`make bench`: this project and its peers, side by side, on the same audio, at the pace of speech.

    python -m benchmarks.live [--quick | --full] [--peers NAME ...] [--cores 2]

Prints the tables and writes them to docs/benchmarks.md; `--quick` measures only this project,
in four minutes, and writes nothing.
"""

import argparse
import os
import sys
from pathlib import Path

from benchmarks.live import audio, report
from benchmarks.live.bench import Extent, measure_ours, measure_peer
from benchmarks.live.peers import PEERS

QUICK = Extent(readings=1, trial=30.0, nonstop=0, held=False)
USUAL = Extent(readings=1, trial=40.0, nonstop=0, held=True)
FULL = Extent(readings=5, trial=60.0, nonstop=1200, held=True)
PAGE = Path("docs/benchmarks.md")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.live", description=__doc__)
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true", help="this project only, four minutes")
    extent.add_argument("--full", action="store_true", help="all five readings, over an hour")
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peers", nargs="*", choices=names, default=names, metavar="NAME")
    parser.add_argument("--cores", type=int, default=2, help="that a system under test may use")
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    return parser.parse_args()


def main() -> None:
    args = arguments()
    if not args.speech.is_dir():
        print(f"{args.speech} is not here; it holds the recordings that this measures with.")
        return
    extent = QUICK if args.quick else FULL if args.full else USUAL
    cores, beside = shares(args.cores)
    readings = audio.readings(args.speech)
    ours = measure_ours(extent, args.speech, readings, cores)
    chosen = [] if args.quick else [peer for peer in PEERS if peer.name in args.peers]
    theirs = [measure_peer(peer, extent, readings, cores) for peer in chosen]
    command = " ".join(["python -m benchmarks.live", *sys.argv[1:]])
    page = report.page(ours, theirs, extent, report.Machine(cores, beside, command))
    print(page)
    if not args.quick:
        PAGE.write_text(page, encoding="utf-8")
        report.draw(PAGE.parent / "images", ours, theirs)


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
