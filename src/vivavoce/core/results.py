"""What an engine tells a session. Positions are samples since the session began."""

import msgspec

from vivavoce.core.types import Translation, Word


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a windowed engine heard in a `Window`. Word positions count from its start."""

    text: str
    tokens: tuple[int, ...] = ()  # to be given back as the next `prefix`
    chances: tuple[float, ...] = ()  # of each word of `text`, 0 ... 1; empty: not known
    words: tuple[Word, ...] = ()
    language: str | None = None
    confidence: float | None = None  # 0 ... 1, the mean over the tokens
    model: str = ""  # when it differs from the capabilities'
    translations: tuple[Translation, ...] = ()


class SpeechStarted(msgspec.Struct, frozen=True, tag=True):
    at: int


class SpeechEnded(msgspec.Struct, frozen=True, tag=True):
    at: int


class Heard(msgspec.Struct, frozen=True, tag=True):
    """A hypothesis about the open utterance: `stable` only grows, `tail` is free."""

    start: int
    end: int
    stable: str
    tail: str


class Decided(msgspec.Struct, frozen=True, tag=True):
    """An utterance is decoded from first to last sample. It closes the open one."""

    start: int
    end: int
    text: str
    model: str
    language: str | None = None
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    chances: tuple[float, ...] = ()  # as a `Reading`'s
    translations: tuple[Translation, ...] = ()
    speaker: str | None = None  # of the whole utterance


class Aligned(msgspec.Struct, frozen=True, tag=True):
    """When the words of the utterance decided as [start, end) were said, found afterwards."""

    start: int
    end: int
    words: tuple[Word, ...]


class Switched(msgspec.Struct, frozen=True, tag=True):
    """A chain went on with another engine."""

    at: int
    previous: str
    engine: str
    reason: str


class Flushed(msgspec.Struct, frozen=True, tag=True):
    """All that was fed before the session's `count`-th flush is decided, in what came before."""

    count: int


Result = SpeechStarted | SpeechEnded | Heard | Decided | Aligned | Switched | Flushed
