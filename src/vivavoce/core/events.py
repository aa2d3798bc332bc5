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
    """Who said an utterance, as a label such as `S1`; an empty one: nobody knows.

    `words` has a label, or None for the utterance's own, for each word of the utterance as it
    reads; empty: all words are by `speaker`. `actor`: the person who said so, which no later
    machine's word changes.
    """

    id: str
    speaker: str
    words: tuple[str | None, ...] = ()
    actor: str | None = None


class Named(Event, frozen=True):
    """The speaker of this label is shown by this name; an empty one: by the label again."""

    speaker: str
    name: str


class Translated(Event, frozen=True):
    id: str
    language: str
    text: str


class Edited(Event, frozen=True):
    """A person's reading. It beats any later machine's; `base_revision` is what they saw.

    An empty text strikes the utterance out. `words` are those of the text with their times
    (`core/editing.py`), none where the times are not known.
    """

    id: str
    actor: str
    base_revision: int
    text: str
    words: tuple[Word, ...] = ()


class Marker(Event, frozen=True):
    """A place to find again. `actor`: who put it there by hand; None: the session's own client
    did, by a command that the journal has too."""

    at: int
    label: str = ""
    actor: str | None = None


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
    """The session's last event. `reason` is finished, cancelled, abandoned, or an error's code.

    Only annotations follow: what people, and machines that read it again, say of it later.
    """

    reason: str
    duration: int


AnyEvent = (
    Started
    | Speech
    | Interim
    | Final
    | Revised
    | Speaker
    | Named
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
