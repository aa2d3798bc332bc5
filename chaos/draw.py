"""A plan drawn from a seed. Pure: the same seed and extent give the same plan."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chaos.plan import (
    TAMPERINGS,
    WAYS,
    Blow,
    BlowKind,
    Break,
    ScenePlan,
    Sentence,
    SpeakerPlan,
    Tampering,
)
from vivavoce.engines.fake import WORDS

END = 30
"""Frames at the end of which none is tampered with: what is dropped must be missed."""

Counts = Mapping[BlowKind, int]


@dataclass(frozen=True)
class Extent:
    """How much of everything."""

    speakers: int
    sentences: int  # of each
    windows: tuple[int, ...]  # of which each speaker gets one
    breaks: int  # lines lost, of all speakers together
    tampered: int  # frames of each speaker
    leaver: bool  # whether one speaker more leaves for good; the server waits out its grace
    together: bool  # one server for everything, and all of it in one scene
    blows: Counts
    listeners: int = 0  # speakers of real speech, where not everything is together
    readings: int = 0  # of the bundled clip, by each of them
    loud: Counts = field(default_factory=dict)  # the blows while they speak
    pace: float = 0.0  # seconds between two frames of a speaker, at least
    pause: float = 0.0  # seconds between two blows, at least; then nothing else times them


FULL = Extent(
    speakers=20,
    sentences=24,
    windows=(2, 4, 8),
    breaks=1000,
    tampered=60,
    leaver=True,
    together=False,
    blows={
        "kill server": 30,
        "kill host": 30,
        "cut power": 8,
        "stop server": 3,
        "fill disk": 3,
        "raise": 10,
        "hang": 5,
        "exit": 10,
    },
    listeners=3,
    readings=2,
    loud={"kill server": 2, "kill host": 3, "stop server": 1},
)
SHORT = Extent(
    speakers=4,
    sentences=6,
    windows=(8, 16),
    breaks=40,
    tampered=10,
    leaver=False,
    together=True,
    blows={
        "kill host": 2,
        "cut power": 1,  # which kills the server as well
        "stop server": 1,
        "fill disk": 1,
        "raise": 1,
        "exit": 1,
    },
)
SEVERAL = Extent(
    speakers=12,
    sentences=40,
    windows=(2, 4, 8),
    breaks=240,
    tampered=0,
    leaver=True,
    together=False,
    blows={"kill server": 4},
    pace=0.1,
    pause=20.0,
)
SEVERAL_SHORT = Extent(
    speakers=4,
    sentences=6,
    windows=(100, 200),  # who waits for a busy machine is not silent in the middle of a word
    breaks=20,
    tampered=0,
    leaver=False,
    together=False,
    blows={"kill server": 2},
)


class Plan:
    """Everything that a seed decides. Each part has its own chance, so that a change of one
    leaves the others as they were.

    `frames`, in every method, is how many frames each speech has that is said in the scene.
    """

    def __init__(self, seed: int, extent: Extent) -> None:
        self.seed = seed
        self.extent = extent
        self.speeches = [self._speech(n) for n in range(extent.speakers)]

    def scene(self, name: str, frames: list[int], blows: Counts | None = None) -> ScenePlan:
        """One speaker for each speech, and so many blows at random moments."""
        chance = self._chance(name)
        speakers = [SpeakerPlan(n, chance.choice(self.extent.windows)) for n in range(len(frames))]
        kinds = [kind for kind, count in (blows or {}).items() for _ in range(count)]
        chance.shuffle(kinds)
        total = sum(frames)
        moments = sorted(chance.randrange(total // 20, total - total // 20) for _ in kinds)
        fallen = [
            Blow(moment, kind, chance.getrandbits(32))
            for moment, kind in zip(moments, kinds, strict=True)
        ]
        return ScenePlan(name, tuple(speakers), tuple(fallen))

    def broken(self, scene: ScenePlan, frames: list[int], breaks: int) -> ScenePlan:
        """The same scene with so many lost lines in all."""
        chance = self._chance(f"{scene.name}, lines")
        each = -(-breaks // len(scene.speakers))
        speakers = [
            replace(one, breaks=_breaks(chance, each, frames[one.speech])) for one in scene.speakers
        ]
        return replace(scene, speakers=tuple(speakers))

    def tampered(self, scene: ScenePlan, frames: list[int]) -> ScenePlan:
        """The same scene with frames that something happens to on their way."""
        chance = self._chance(f"{scene.name}, frames")
        count = self.extent.tampered
        speakers = [
            replace(one, tampered=_tampered(chance, count, frames[one.speech]))
            for one in scene.speakers
        ]
        return replace(scene, speakers=tuple(speakers))

    def left(self, scene: ScenePlan, frames: list[int]) -> ScenePlan:
        """The same scene with one more speaker, who never comes back."""
        chance = self._chance(f"{scene.name}, leaver")
        leaver = SpeakerPlan(0, 2, leaves=chance.randrange(END, frames[0] - END))
        return replace(scene, speakers=(*scene.speakers, leaver))

    def timed(self, scene: ScenePlan) -> ScenePlan:
        """The same scene by the clock, where the extent says so."""
        if not self.extent.pause:
            return scene
        speakers = tuple(replace(one, pace=self.extent.pace) for one in scene.speakers)
        blows = tuple(replace(one, after=0, pause=self.extent.pause) for one in scene.blows)
        return replace(scene, speakers=speakers, blows=blows)

    def some(self, *kinds: BlowKind) -> Counts:
        """The extent's blows of these kinds."""
        return {kind: self.extent.blows.get(kind, 0) for kind in kinds}

    def _speech(self, n: int) -> tuple[Sentence, ...]:
        chance = self._chance(f"speech {n}")
        return tuple(
            Sentence(
                tuple(chance.choices(WORDS, k=chance.randint(2, 9))),
                round(chance.uniform(0.7, 1.2), 2),
            )
            for _ in range(self.extent.sentences)
        )

    def _chance(self, part: str) -> random.Random:
        return random.Random(f"{self.seed}/{part}")


def _breaks(chance: random.Random, count: int, frames: int) -> tuple[Break, ...]:
    moments = sorted(chance.choices(range(1, frames), k=count))
    return tuple(Break(moment, chance.choice(WAYS)) for moment in moments)


def _tampered(chance: random.Random, count: int, frames: int) -> tuple[tuple[int, Tampering], ...]:
    moments = sorted(chance.sample(range(1, frames - END), k=min(count, frames - END - 1)))
    return tuple((moment, chance.choice(TAMPERINGS)) for moment in moments)
