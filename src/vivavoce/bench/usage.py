"""What a process and all that it started use: processor time and memory, from Linux's `/proc`.

Elsewhere there is no `/proc`, and both are NaN.
"""

import math
import os
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_PARENT, _USER, _CHILDREN_SYSTEM = 1, 11, 14  # fields of /proc/N/stat after the name


@dataclass(frozen=True, slots=True)
class Usage:
    cpu: float  # seconds of processor time since the first of the processes began
    memory: float  # bytes; what processes share is counted once (PSS)
    at: float  # of the monotonic clock, seconds


def usage(pids: Iterable[int]) -> Usage:
    """Of the processes and all their descendants, those included that have ended."""
    if not PROC.is_dir():
        return Usage(math.nan, math.nan, time.monotonic())
    stats = _stats()
    tree = _tree(pids, stats)
    return Usage(
        sum(_ticks(stats[pid]) for pid in tree if pid in stats) / os.sysconf("SC_CLK_TCK"),
        sum(map(_proportional, tree)),
        time.monotonic(),
    )


def each(pids: Iterable[int]) -> dict[int, float]:
    """The seconds of processor time of each of them, its ended children's included."""
    if not PROC.is_dir():
        return {}
    stats = _stats()
    ticks = os.sysconf("SC_CLK_TCK")
    return {pid: _ticks(stats[pid]) / ticks for pid in _tree(pids, stats) if pid in stats}


def memory(pids: Iterable[int]) -> dict[int, int]:
    """The bytes (PSS) of each of them and of their descendants."""
    if not PROC.is_dir():
        return {}
    return {pid: _proportional(pid) for pid in _tree(pids, _stats())}


def _tree(pids: Iterable[int], stats: dict[int, list[str]]) -> list[int]:
    children: defaultdict[int, list[int]] = defaultdict(list)
    for pid, fields in stats.items():
        children[int(fields[_PARENT])].append(pid)
    found, tree = list(pids), list[int]()
    while found:
        pid = found.pop()
        tree.append(pid)
        found += children[pid]
    return tree


def _stats() -> dict[int, list[str]]:
    found = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:  # it ended meanwhile
                continue
            found[int(folder.name)] = stat.rpartition(")")[2].split()  # a name may hold anything
    return found


def _ticks(stat: list[str]) -> int:
    """The process's own time and that of its children that have ended."""
    return sum(map(int, stat[_USER : _CHILDREN_SYSTEM + 1]))


def _proportional(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
