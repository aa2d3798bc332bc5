"""Search every decoder for bytes that it stumbles over, guided by what code they reach.

    python -m fuzz [--seconds 30] [TARGET ...]

Each target has a process of its own, for a search ends its process. What it finds is written to
`.fuzz/TARGET/crash-*`; a later run begins from what this one has reached. It needs Linux.
"""

import io
import os
import re
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import redirect_stderr
from functools import partial
from pathlib import Path
from typing import Final

import atheris

CORPUS: Final = Path(".fuzz")

WATCHED: Final = [
    "vivavoce.dialects",
    "vivavoce.audio.sniff",
    "vivavoce.bench.diarized",
    "vivavoce.server.auth.credentials",
    "vivavoce.server.bodies.multipart",
    "vivavoce.server.names",
    "vivavoce.server.rest.ranges",
    "vivavoce.server.transport.http2_frames",
    "vivavoce.server.transport.http2_stream",
    "python_multipart",
    "engineio",
    "socketio.packet",
    "h2",
    "hpack",
    "hyperframe",
]
"""Whose branches guide the search."""


def main() -> int:
    parser = ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=30, help="for each target")
    asked = parser.parse_args()
    with (
        redirect_stderr(io.StringIO()),  # it names every module
        atheris.instrument_imports(include=WATCHED, enable_loader_override=False),
    ):
        from fuzz.targets import SEEDS, TARGETS, tried
    if unknown := set(asked.targets) - set(TARGETS):
        parser.error(
            f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}"
        )
    found = []
    for name in asked.targets or TARGETS:
        target = TARGETS[name]
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(SEEDS.get(name, ())):
            (folder / f"seed-{number}").write_bytes(seed)
        if not _well(folder, asked.seconds, partial(tried, target)):
            found.append(name)
    print(f"Found something in {', '.join(found)}." if found else "Nothing was found.")
    return 1 if found else 0


def _well(folder: Path, seconds: int, target: Callable[[bytes], None]) -> bool:
    said = folder.with_suffix(".log")
    child = os.fork()
    if not child:
        log = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        _search(folder, seconds, target)
        os._exit(1)  # a search ends its process itself
    _, status = os.waitpid(child, 0)
    text = said.read_text(errors="replace")
    tries = re.findall(r"^Done (\d+) runs", text, re.MULTILINE)
    print(f"{folder.name}: {tries[-1] if tries else 'broken off after some'} tries", flush=True)
    if status:
        print(text[-6000:], flush=True)
    return status == 0


def _search(folder: Path, seconds: int, target: Callable[[bytes], None]) -> None:
    options = [
        f"-max_total_time={seconds}",
        "-max_len=4096",
        "-timeout=20",
        "-rss_limit_mb=2048",
        f"-artifact_prefix={folder}/",
    ]
    atheris.Setup([sys.argv[0], *options, str(folder)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
