"""Where the processor's time goes: each process of a server, and the server's own parts.

python -m benchmarks.live.costs [--streams 1 10] [--finals tiny] [--speech ../shared/speech]
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.live import audio
from benchmarks.live.audio import Reading
from vivavoce.bench.system import vivavoce
from vivavoce.bench.usage import each

SAMPLED = Path(__file__).with_name("sampled.py")
SHOWN = 14
"""Parts of the server that are listed; the rest is one line."""


@dataclass(frozen=True)
class Costs:
    """Processor seconds for each second of a stream's audio."""

    streams: int
    processes: dict[str, float]  # server, hosts, aligner, others
    parts: dict[str, float]  # of the server


def measure(ring: list[Reading], streams: int, finals: str, cores: Sequence[int] | None) -> Costs:
    with tempfile.TemporaryDirectory() as folder:
        looks = Path(folder) / "looks.json"
        program = (str(SAMPLED), str(looks))
        with vivavoce(cores, program=program, finals=finals) as system:
            kinds = {pid: kind(pid, system.pids) for pid in each(system.pids)}
            before = each(system.pids)
            os.kill(system.pids[0], signal.SIGUSR1)
            trial = system.trial(audio.choir(ring, streams))
            os.kill(system.pids[0], signal.SIGUSR1)
            after = each(system.pids)
        seen: dict[str, int] = json.loads(looks.read_text())
    processes: defaultdict[str, float] = defaultdict(float)
    for pid, spent in after.items():
        processes[kinds.get(pid, "others")] += (spent - before.get(pid, 0.0)) / trial.audio
    return Costs(streams, dict(processes), shared(seen, processes["server"]))


def shared(looks: dict[str, int], cost: float) -> dict[str, float]:
    """The cost of each part by how often it was seen, the dearest first, and of all the rest."""
    share = cost / max(1, sum(looks.values()))
    ordered = sorted(looks.items(), key=lambda one: -one[1])
    parts = {name: count * share for name, count in ordered[:SHOWN]}
    rest = sum(count for _, count in ordered[SHOWN:])
    return parts | ({"all else": rest * share} if rest else {})


def kind(pid: int, servers: Sequence[int]) -> str:
    """Of a process that one of the servers started, or of the server itself."""
    if pid in servers:
        return "server"
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    if "vivavoce.engines.hosted.host" not in words:
        return "others"
    return "aligner" if "aligner" in words else "hosts"


def tables(found: Sequence[Costs]) -> str:
    """As Markdown."""
    count = " | ".join(
        "1 stream" if one.streams == 1 else f"{one.streams} streams" for one in found
    )
    head = f" | {count} |\n| --- |{' --- |' * len(found)}"
    names = [name for name in ("server", "hosts", "aligner", "others") if _any(found, name)]
    rows = [_row(name, [one.processes.get(name, 0.0) for one in found]) for name in names]
    rows += [_row("all", [sum(one.processes.values()) for one in found])]
    parts = list(dict.fromkeys(name for one in found for name in one.parts if name != "all else"))
    inner = [_row(f"`{name}`", [one.parts.get(name, 0.0) for one in found]) for name in parts]
    inner += [_row("all else", [one.parts.get("all else", 0.0) for one in found])]
    return "\n".join(
        [f"| process{head}", *rows, "", f"| the server's own, by file or library{head}", *inner]
    )


def _any(found: Sequence[Costs], name: str) -> bool:
    return any(one.processes.get(name) for one in found)


def _row(name: str, costs: Sequence[float]) -> str:
    return f"| {name} | {' | '.join(f'{cost:.4f}' for cost in costs)} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.live.costs", description=__doc__)
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--finals", choices=("tiny", "base", "auto"), default="tiny")
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    args = parser.parse_args()
    if not args.speech.is_dir():
        sys.exit(f"{args.speech} is not here; it holds the recordings that this measures with.")
    ring = audio.chorus(audio.readings(args.speech))
    print(tables([measure(ring, streams, args.finals, None) for streams in args.streams]))


if __name__ == "__main__":
    main()
