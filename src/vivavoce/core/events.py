"""What a session says, once and in order. The event log holds exactly these.

An `Interim` is never logged: only the latest is kept, for those who watch.
Each event is JSON with its name in `type`, e.g. `{"type": "final", "id": "u3", ...}`.
"""

from typing import Literal

import msgspec

from vivavoce.core.types import AudioFormat, Word


class Event(msgspec.Struct, frozen=True, tag_field="type", tag=str.lower, kw_only=True):
    """The common base: a name, and positions in samples of the one clock."""


class Started(Event, frozen=True):
    session: str
    engine: str
    format: AudioFormat
    language: str | None = None
    title: str | None = None


class Speech(Event, frozen=True):
    """Somebody began to speak, or stopped, at `at`."""

    state: Literal["started", "ended"]
    at: int
    track: int = 0


class Interim(Event, frozen=True):
    """A hypothesis about an utterance still open.

    `stable` only grows while the utterance is open; `tail` may change at will. The text
    to show is their concatenation (`tail` brings its own leading space).
    """

    id: str
    start: int
    end: int
    stable: str
    tail: str
    track: int = 0


class Final(Event, frozen=True):
    """The decoding of an utterance's samples from first to last by one engine and model.

    It replaces every interim of the same id. An empty text says that nothing was said.
    """

    id: str
    start: int
    end: int
    text: str
    engine: str
    model: str
    language: str | None = None
    words: tuple[Word, ...] = ()
    track: int = 0


class Revised(Event, frozen=True):
    """A machine's later reading of an utterance: a better text, or better word times."""

    id: str
    text: str
    engine: str
    model: str
    words: tuple[Word, ...] = ()


class Speaker(Event, frozen=True):
    """Who said an utterance."""

    id: str
    speaker: str


class Translated(Event, frozen=True):
    id: str
    language: str
    text: str


class Edited(Event, frozen=True):
    """A person's reading. It beats any later machine's; `base_revision` is what they saw."""

    id: str
    actor: str
    base_revision: int
    text: str


class Marker(Event, frozen=True):
    at: int
    label: str = ""


class Lagging(Event, frozen=True):
    """Words come later than they should: `behind` samples wait to be decoded. 0: caught up."""

    behind: int


class EngineSwitched(Event, frozen=True, tag="engine_switched"):
    at: int
    previous: str
    engine: str
    reason: str


class Gap(Event, frozen=True):
    """Samples that could not be read as audio, and why."""

    start: int
    end: int
    reason: str


class Warning(Event, frozen=True):
    code: str
    message: str


class Ended(Event, frozen=True):
    """The last event. `reason` is finished, cancelled, abandoned, or an error's code."""

    reason: str
    duration: int


AnyEvent = (
    Started
    | Speech
    | Interim
    | Final
    | Revised
    | Speaker
    | Translated
    | Edited
    | Marker
    | Lagging
    | EngineSwitched
    | Gap
    | Warning
    | Ended
)


class Numbered(msgspec.Struct, frozen=True):
    """An event's place in the log. A higher epoch at the same number replaces what was there."""

    n: int  # from 1, without holes
    epoch: int  # how often the session was taken up again by a server, from 1
    event: AnyEvent
