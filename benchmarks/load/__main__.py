"""Many people at once, most of whom are silent: acknowledgements, memory, the server's own work.

    python -m benchmarks.load [--minutes 10] [--idle 500] [--speaking 20]

A real `vivavoce serve`, looked at while it computes (`benchmarks/live/sampled.py`); on the same
machine its clients, who speak at the pace of speech in frames of 100 ms or are only connected.
A run of ten minutes or more is kept in `benchmarks/load/load.json`, and its section of
`docs/benchmarks.md` is written anew.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.endurance import machine
from benchmarks.live import audio
from benchmarks.live.costs import SAMPLED, kind
from benchmarks.load import page
from benchmarks.load.clients import Plan, Told
from benchmarks.load.figures import Load, Look, acks, keep
from vivavoce import __version__
from vivavoce.bench.usage import each, memory
from vivavoce.testing.process import ServerProcess

SERVE = ("serve", "--port", "{port}")
EVERY = 10.0
"""Seconds between two looks at the memory."""

LONG = 10
"""Minutes of a run that is kept."""

PAGE = Path("docs/benchmarks.md")


def run(plan: Plan, command: str) -> Load:
    with tempfile.TemporaryDirectory(prefix="vivavoce-load-") as folder:
        looks = Path(folder) / "looks.json"
        server = ServerProcess(
            Path(folder),
            [str(SAMPLED), str(looks), *SERVE],
            max_sessions=plan.idle + plan.speaking,
            finals="tiny",
        )
        server.start()
        try:
            told, course, spent, generator = _played(server, plan)
        finally:
            server.stop()
        seen: dict[str, int] = json.loads(looks.read_text())
    return Load(
        day=f"{datetime.now(UTC):%d %B %Y}",
        version=__version__,
        machine=machine(),
        command=command,
        minutes=plan.seconds / 60,
        idle=plan.idle,
        served=told.idle,
        speaking=plan.speaking,
        ended=tuple(one.ended for one in told.spoke),
        ordered=all(one.ordered for one in told.spoke),
        acks=acks(told.spoke),
        interims=sum(one.interims for one in told.spoke) / plan.speaking / plan.seconds,
        finals=sum(one.finals for one in told.spoke),
        lag=max(one.lag for one in told.spoke),
        behind=max(one.behind for one in told.spoke),
        course=tuple(course),
        processes={kind: seconds / plan.seconds for kind, seconds in spent.items()},
        looks=seen,
        generator=generator / plan.seconds,
    )


def _played(
    server: ServerProcess, plan: Plan
) -> tuple[Told, list[Look], Mapping[str, float], float]:
    """What the clients were told, the memory, and processor time by kind and of the clients."""
    clients = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load.clients", server.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert clients.stdin
    assert clients.stdout
    try:
        clients.stdin.write(msgspec.json.encode(plan).decode() + "\n")
        clients.stdin.flush()
        if clients.stdout.readline() != "\n":
            sys.exit("The clients could not connect.")
        before, generator = each([server.pid]), each([clients.pid])[clients.pid]
        os.kill(server.pid, signal.SIGUSR1)
        clients.stdin.write("\n")
        clients.stdin.flush()
        course = _watched(server.pid, plan.seconds)
        if clients.stdout.readline() != "\n":
            sys.exit("The clients broke off.")
        os.kill(server.pid, signal.SIGUSR1)
        after, generator = each([server.pid]), each([clients.pid])[clients.pid] - generator
        spent: defaultdict[str, float] = defaultdict(float)
        for pid, seconds in after.items():
            spent[kind(pid, [server.pid])] += seconds - before.get(pid, 0.0)
        return (
            msgspec.json.decode(clients.stdout.readline(), type=Told),
            course,
            spent,
            generator,
        )
    finally:
        clients.kill()
        clients.wait()


def _watched(pid: int, seconds: float) -> list[Look]:
    """The memory, from now until so many seconds have passed."""
    begun, course = time.monotonic(), list[Look]()
    while (at := time.monotonic() - begun) < seconds:
        held: defaultdict[str, int] = defaultdict(int)
        for one, size in memory([pid]).items():
            held[kind(one, [pid])] += size
        course.append(Look(at, dict(held)))
        print(f"{at:5.0f} s {page.megabytes(course[-1])}", flush=True)
        time.sleep(max(0.0, min(begun + len(course) * EVERY, begun + seconds) - time.monotonic()))
    return course


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=LONG)
    parser.add_argument("--idle", type=int, default=500)
    parser.add_argument("--speaking", type=int, default=20)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    args = parser.parse_args()
    if not args.speech.is_dir():
        sys.exit(f"{args.speech} is not here; it holds the recordings that this measures with.")
    wavs = tuple(str(one.wav.absolute()) for one in audio.readings(args.speech))
    plan = Plan(wavs, args.idle, args.speaking, args.minutes * 60)
    found = run(plan, " ".join(["python -m benchmarks.load", *sys.argv[1:]]))
    print(page.section(found))
    if args.minutes >= LONG:
        keep(found)
        PAGE.write_text(page.renewed(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    main()
