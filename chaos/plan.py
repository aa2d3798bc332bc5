"""What is said and what is broken when: the words of which a plan is made.

Moments are counts of frames and not times, so that a plan means the same on every machine. Only
where people wait for a server to come back, time is what counts: `pace` and `pause`.
"""

from dataclasses import dataclass
from typing import Literal

Way = Literal["abort", "half", "answer", "close", "stolen", "opening", "ready"]
"""How a client loses its line:

    abort    at once, after it sent a frame
    half     in the middle of a frame
    answer   at the next thing that the server says
    close    with a WebSocket's proper close
    stolen   another line takes the session while this one is open
    opening  at once, and the line after it before the server answers `resume`
    ready    at once, and the line after it at `ready`
"""
WAYS: tuple[Way, ...] = ("abort", "half", "answer", "close", "stolen", "opening", "ready")

Tampering = Literal["swap", "double", "late", "drop"]
"""What becomes of a frame on its way: after its successor, twice, again much later, not at all."""
TAMPERINGS: tuple[Tampering, ...] = ("swap", "double", "late", "drop")

BlowKind = Literal[
    "kill server", "kill host", "cut power", "stop server", "fill disk", "raise", "hang", "exit"
]
"""What befalls the server; the last three its engine, in a call."""


@dataclass(frozen=True)
class Sentence:
    words: tuple[str, ...]
    pause: float  # seconds of silence after it


@dataclass(frozen=True)
class Break:
    frame: int  # after this frame was put on the line
    way: Way


@dataclass(frozen=True)
class SpeakerPlan:
    speech: int  # which of the plan's speeches
    window: int  # frames that are on the way at most: they set its pace
    breaks: tuple[Break, ...] = ()
    tampered: tuple[tuple[int, Tampering], ...] = ()  # by frame
    leaves: int | None = None  # after this frame, for good
    pace: float = 0.0  # seconds between two frames, at least


@dataclass(frozen=True)
class Blow:
    after: int  # frames that all speakers of the scene have sent together
    kind: BlowKind
    seed: int  # for choices that are made when it falls
    pause: float = 0.0  # seconds since the blow before, or the beginning, at least


@dataclass(frozen=True)
class ScenePlan:
    name: str
    speakers: tuple[SpeakerPlan, ...]
    blows: tuple[Blow, ...] = ()
    watched: bool = False  # whether each session has somebody who watches it
