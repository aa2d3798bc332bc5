"""A process and its children, as Linux tells of them in /proc: who they are, what they hold."""

import threading
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

PROC = Path("/proc")
EVERY = 0.1
"""Seconds between two looks at the memory."""


class Member(NamedTuple):
    pid: int
    command: str
    rss: int  # bytes


def family(pid: int) -> list[Member]:
    """The process, its children and theirs, as far as they live."""
    parents = {int(path.name): _parent(path) for path in PROC.iterdir() if path.name.isdecimal()}
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        todo += [child for child, parent in parents.items() if parent == one]
        if (member := _member(one)) is not None:
            found.append(member)
    return found


def children(pid: int, word: str) -> list[int]:
    """The pids of those below `pid` whose command line holds `word`."""
    return [each.pid for each in family(pid) if each.pid != pid and word in each.command]


class Peak:
    """The most memory that a process, and each kind of child, was seen to hold: `with Peak(pid)`.

    A kind is the last word of the command that begins with `vivavoce.`.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.start = self._now()
        self.most = dict(self.start)  # bytes

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def growth(self, kind: str = "server") -> int:
        """Bytes above what it held at the start; of one that came later, all it held."""
        return self.most.get(kind, 0) - self.start.get(kind, 0)

    def _look(self) -> None:
        while not self._over.wait(EVERY):
            for kind, rss in self._now().items():
                self.most[kind] = max(self.most.get(kind, 0), rss)

    def _now(self) -> dict[str, int]:
        most: dict[str, int] = {}
        for member in family(self._pid):
            kind = "server" if member.pid == self._pid else _kind(member.command)
            most[kind] = max(most.get(kind, 0), member.rss)
        return most


def _kind(command: str) -> str:
    words = [word for word in command.split() if word.startswith("vivavoce.")]
    return words[-1] if words else command


def _parent(path: Path) -> int:
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0  # it has just ended


def _member(pid: int) -> Member | None:
    try:
        command = (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        status = (PROC / str(pid) / "status").read_text()
    except OSError:
        return None
    held = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return Member(pid, command, int(held[0].split()[1]) * 1024) if held else None
