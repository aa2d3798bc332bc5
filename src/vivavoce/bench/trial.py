"""One trial: streams played to a system at the pace of speech, and what it told and used."""

import json
import math
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from vivavoce.bench.generator import Plan, Stream
from vivavoce.bench.measures import Delays, Flicker, Screen, Shown, Spoken, delays, flicker, screens
from vivavoce.bench.usage import Usage, usage
from vivavoce.core.errors import OurError

Command = Sequence[str | os.PathLike[str]]


@dataclass(frozen=True)
class Part:
    """What one stream is played, and what was said in it."""

    stream: Stream
    said: tuple[Spoken, ...]
    seconds: float


@dataclass(frozen=True)
class Heard:
    """What one stream was told."""

    part: Part
    lines: list[dict[str, Any]]

    @cached_property
    def screens(self) -> list[Screen]:
        return screens(
            Shown(line["t"], line["utterance"], line["text"], line["stable"], line["final"])
            for line in self.lines
            if "utterance" in line
        )

    @cached_property
    def delays(self) -> Delays:
        return delays(self.screens, self.part.said)

    @cached_property
    def flicker(self) -> Flicker:
        return flicker(self.screens)

    @property
    def text(self) -> str:
        """What the viewer saw in the end."""
        return " ".join(self.screens[-1].words) if self.screens else ""

    @property
    def finals(self) -> list[dict[str, Any]]:
        """The last reading of each utterance."""
        last = {line["utterance"]: line for line in self.lines if line.get("final")}
        return list(last.values())

    @property
    def revised(self) -> list[float]:
        """How long after its final an utterance's word times came, in seconds; NaN: never."""
        said = {line["utterance"]: line["t"] for line in self.lines if _is_final(line)}
        timed = {line["utterance"]: line["t"] for line in self.lines if line.get("revised")}
        return [timed.get(utterance, math.nan) - t for utterance, t in said.items()]

    @property
    def lag(self) -> float:
        """The most seconds of audio that it was told were waiting."""
        return max((line["lags"] for line in self.lines if "lags" in line), default=0.0)

    @property
    def refused(self) -> str | None:
        """Why it was not served, or not to the end."""
        return next((line["refused"] for line in self.lines if "refused" in line), None)

    @property
    def behind(self) -> float:
        """The most seconds that the generator sent a frame late."""
        return max((line["behind"] for line in self.lines if "behind" in line), default=0.0)


@dataclass(frozen=True)
class Trial:
    heard: list[Heard]
    cpu: float  # seconds of processor time that the system took
    generator_cpu: float
    course: list[Usage]  # of the system, from begin to end

    @property
    def audio(self) -> float:
        """Seconds of audio, over all streams."""
        return sum(one.part.seconds for one in self.heard)

    @property
    def cost(self) -> float:
        """Processor seconds for each second of audio."""
        return self.cpu / self.audio

    @property
    def memory(self) -> float:
        """The most bytes seen."""
        return max(one.memory for one in self.course)

    @property
    def delays(self) -> Delays:
        """Over all streams."""
        every = [one.delays for one in self.heard]
        return Delays(
            [d for one in every for d in one.interim],
            [d for one in every for d in one.stable],
            [d for one in every for d in one.final],
        )

    @property
    def flicker(self) -> Flicker:
        return sum((one.flicker for one in self.heard), Flicker(0, 0, 0, 0, 0))

    @property
    def refused(self) -> str | None:
        return next((one.refused for one in self.heard if one.refused), None)

    @property
    def behind(self) -> float:
        return max((one.behind for one in self.heard), default=0.0)


def _is_final(line: dict[str, Any]) -> bool:
    """A final with words in it, as it was first said."""
    return bool(line.get("final") and line["text"] and not line.get("revised"))


class Player:
    """A process that is given plans, plays them, and prints what was told, each on a line."""

    def __init__(self, command: Command, cores: Sequence[int] | None = None) -> None:
        """It may use those cores only. Returns when the process says that it is ready."""
        with on_cores(cores):
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        self.pid = self._process.pid
        self._lines()

    def play(self, plan: Plan) -> list[dict[str, Any]]:
        """Returns when all that is to be told of the plan was told."""
        assert self._process.stdin
        self._process.stdin.write(msgspec.json.encode(plan).decode() + "\n")
        self._process.stdin.flush()
        return self._lines()

    def _lines(self) -> list[dict[str, Any]]:
        """Up to the next empty line; other programs may print what is not JSON."""
        assert self._process.stdout
        found: list[dict[str, Any]] = []
        for line in self._process.stdout:
            if not line.strip():
                return found
            if line.startswith("{"):
                found.append(json.loads(line))
        raise OurError(f"{self._process.args!r} ended with status {self._process.wait()}.")

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate()


@contextmanager
def on_cores(cores: Sequence[int] | None) -> Iterator[None]:
    """What is started meanwhile may use those cores only; None: all."""
    if cores is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def measure(player: Player, system: Sequence[int], parts: Sequence[Part]) -> Trial:
    """Play the parts side by side. `system` are the processes that are measured."""
    generator = [] if player.pid in system else [player.pid]
    before, before_generator = usage(system), usage(generator)
    with _Watch(system) as watch:
        lines = player.play(Plan(tuple(part.stream for part in parts)))
    after, after_generator = usage(system), usage(generator)
    told: list[list[dict[str, Any]]] = [[] for _ in parts]
    for line in lines:
        told[line["stream"]].append(line)
    return Trial(
        [Heard(part, each) for part, each in zip(parts, told, strict=True)],
        after.cpu - before.cpu,
        after_generator.cpu - before_generator.cpu,
        [before, *watch.course, after],
    )


@dataclass
class _Watch:
    """Looks at the system while it works."""

    system: Sequence[int]
    course: list[Usage] = field(default_factory=list)
    every: float = 5.0  # seconds

    def __enter__(self) -> "_Watch":
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(self.every):
            self.course.append(usage(self.system))
