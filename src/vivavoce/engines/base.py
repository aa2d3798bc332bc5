"""The engine port: what an engine says of itself, and what it is asked to do.

Three kinds are written by engine authors and run in a host process. Two of them compute
there: `WindowedEngine` decodes one stretch of samples at a time and keeps nothing between
calls; `NativeEngine` opens a stream that finds utterances for itself. The third,
`ServiceEngine`, has somebody else compute, and waits. What a session sees is none of them but
an `EngineStream`: asynchronous, streaming, the same for all.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Literal, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from vivavoce.core.results import (
    Aligned,
    Decided,
    Heard,
    Reading,
    Result,
    SpeechEnded,
    SpeechStarted,
    Switched,
)
from vivavoce.core.speakers import SpeakerTurn
from vivavoce.core.types import SAMPLE_RATE, Brief

__all__ = [
    "Aligned",
    "Aligner",
    "Availability",
    "BetterEngine",
    "Capabilities",
    "Decided",
    "Diarizer",
    "DiarizerStream",
    "Engine",
    "EngineStream",
    "Fetcher",
    "Heard",
    "NativeEngine",
    "NativeStream",
    "Particular",
    "Pcm",
    "Reading",
    "Report",
    "Result",
    "ServiceEngine",
    "Span",
    "SpeechEnded",
    "SpeechStarted",
    "StreamOptions",
    "Switched",
    "Turn",
    "Urgency",
    "Window",
    "WindowedEngine",
]

Pcm = npt.NDArray[np.float32]
"""Mono samples at 16 kHz, -1 ... 1, shape (n,)."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine can do. Nothing outside the engine's file asks for its name."""

    name: str
    kind: Literal["windowed", "native", "service", "aligner", "diarizer"]
    model: str
    languages: tuple[str, ...]  # BCP-47; ("*",): detects or takes any
    word_times: bool = False
    confidence: bool = False
    diarization: bool = False
    translations: tuple[str, ...] = ()  # languages that it can translate to; ("*",): any
    hot_words: bool = False
    prompt: bool = False  # whether it reads `Brief.prompt`
    better: str = ""  # the name of a dearer, better model for finals: a `BetterEngine`
    verifies: bool = False  # a windowed engine that can extend a hypothesis (`Window.prefix`)
    continues: bool = False  # one that can be told how a window begins (`Window.said`)
    interims: bool = True  # whether a windowed engine is worth asking for hypotheses
    vad: Literal["silero", "level"] = "silero"  # what finds speech for a windowed engine
    rate: int = SAMPLE_RATE
    licence: str = ""
    size_mb: int = 0  # of the weights


class Urgency(IntEnum):
    """Whose turn it is when several windows wait: the lower first."""

    FINAL = 0
    INTERIM = 1
    BATCH = 2  # a file: nobody watches it word by word


Span = tuple[int, int]
"""Where something starts and ends, in samples."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch to decode. `samples` is float32 little-endian mono at 16 kHz."""

    samples: bytes
    language: str | None = None
    prefix: tuple[int, ...] = ()  # tokens of the last hypothesis, for interims only
    said: str = ""  # what its beginning is known to say: the reading is what follows
    lead: int = 0  # samples of its beginning whose words are not known: as if these were `said`
    model: str = ""  # to decode it with; empty: the engine's own
    interim: bool = False  # soon replaced by another: no word times, no translations, if dear
    brief: Brief = Brief()

    @property
    def pcm(self) -> Pcm:
        """`samples` as an array."""
        return np.frombuffer(self.samples, dtype="<f4")


class WindowedEngine(Protocol):
    """Decodes a window. Stateless, so any host can do any call, and do it again."""

    capabilities: Capabilities

    def load(self) -> None:
        """Import what is heavy and load the weights. Raises `EngineError` in one sentence."""

    def decode(self, window: Window) -> Reading:
        """The words in the window; an empty text where nobody speaks."""
        ...


class BetterEngine(WindowedEngine, Protocol):
    """One whose `Capabilities.better` names a second model, for windows that ask for it.

    The first does for those until the second is loaded. The reading says which it was.
    """

    def load_better(self) -> None:
        """Load the second model, after `load`. Raises `EngineError` in one sentence."""


class NativeStream(Protocol):
    """One session's stream inside a native engine. Every call answers what is new."""

    def feed(self, pcm: Pcm) -> Sequence[Result]: ...

    def flush(self) -> Sequence[Result]:
        """Decide what is open."""
        ...

    def close(self) -> None: ...


class NativeEngine(Protocol):
    """An engine that streams by itself."""

    capabilities: Capabilities

    def load(self) -> None: ...

    def open(self, options: "StreamOptions") -> NativeStream: ...


class Turn(Protocol):
    """One connection to a service: audio in until `finish`, results out until all is said.

    Positions count from its opening. Of results it need only give `Heard` and `Decided`, in
    order. What goes wrong is an `EngineError` in one sentence, without credentials in it:
    `EngineRefused` for those that are missing or wrong and for too many requests,
    `EngineExpired` where the service ends the connection at a limit of its own.
    """

    async def feed(self, pcm: Pcm) -> None:
        """Send samples; waits while the service takes no more."""

    async def finish(self) -> None:
        """There is no more audio: `results` ends when all of it is decided."""

    def results(self) -> AsyncIterator[Result]:
        """What the service hears. Raises `EngineError`, also when it hangs up before `finish`."""
        ...

    async def close(self) -> None:
        """Hang up, at once; also after `results` has ended or raised."""


class ServiceEngine(Protocol):
    """An engine that runs somewhere else and is spoken to over the network. Asynchronous: one
    process, with one event loop, has the turns of all sessions."""

    capabilities: Capabilities

    def load(self) -> None:
        """Import what is heavy, and see that credentials are there. Nothing is sent yet.
        Raises `EngineError` in one sentence."""

    async def open(self, options: "StreamOptions") -> Turn:
        """Connect. Raises as a `Turn` does."""
        ...


Engine = WindowedEngine | NativeEngine | ServiceEngine


class Particular(Protocol):
    """What an engine may have besides, where it needs more than to be installed."""

    def missing(self) -> str:
        """What keeps it from loading, a setting or a model that is not here, and what to do, in
        one sentence; empty: nothing is known to. Cheap: nothing is loaded and nothing sent."""
        ...

    @staticmethod
    def fetch(model: str, report: "Report") -> Path:
        """Download a model to where the engine finds it by this name, and say in which folder
        that is; what is there already is not fetched again, and half of one is never found.

        Raises `EngineError` in one sentence.
        """
        ...


Report = Callable[[int, int], None]
"""Told bytes that are here, of bytes in all."""

Fetcher = Callable[[str, Report], Path]
"""`Particular.fetch`."""


class Aligner(Protocol):
    """Finds when known words were said, for engines that do not say. Stateless, as a windowed
    engine is; found by entry points in the group `vivavoce.aligners`."""

    capabilities: Capabilities

    def load(self) -> None:
        """Import what is heavy and load the model. Raises `EngineError` in one sentence."""

    def align(self, pcm: Pcm, words: Sequence[str]) -> Sequence[Span]:
        """Where each word was said, as well as can be told: in order and within the samples."""
        ...


class DiarizerStream(Protocol):
    """One recording's voices. What it keeps does not grow with the recording, but for turns."""

    def feed(self, pcm: Pcm) -> None:
        """Hear samples."""

    def finish(self) -> None:
        """There are no more: `turns` is final then."""

    def turns(self) -> Sequence[SpeakerTurn]:
        """Who spoke when, as far as it can be told by now; what was told before may change."""
        ...

    def close(self) -> None: ...


class Diarizer(Protocol):
    """Finds who speaks when, and knows no words. `plugins.DIARIZERS` names them."""

    capabilities: Capabilities

    def load(self) -> None:
        """Import what is heavy and load the models. Raises `EngineError` in one sentence."""

    def open(self, *, hasty: bool) -> DiarizerStream:
        """`hasty`: for somebody who watches, at less cost and worse."""
        ...


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """What a session's stream is opened with. Times in samples."""

    language: str | None = None
    interims: bool = True
    endpoint: int = SAMPLE_RATE // 2  # silence that ends an utterance
    max_utterance: int = 20 * SAMPLE_RATE
    interim_every: int = SAMPLE_RATE // 2
    brief: Brief = field(default_factory=Brief)


class EngineStream(Protocol):
    """What a session sees of an engine. One reader of `results`, one caller of the rest."""

    capabilities: Capabilities

    async def feed(self, pcm: Pcm) -> None:
        """Take samples; waits while the stream's own bound on undecoded audio is reached."""

    async def tick(self, elapsed: int) -> None:
        """No audio came for `elapsed` samples: let an open utterance end."""

    async def flush(self) -> None:
        """Decide all that was fed; returns when its results are out."""

    async def settle(self) -> None:
        """Decide what has ended; returns when its results are out. What is open stays open."""

    def flushed(self, count: int) -> None:
        """Put `Flushed(count)` among the results, after those that are out."""

    def configure(self, options: StreamOptions) -> None:
        """Limits hold at once, for the open utterance too; the language for what is decoded
        from now on, unless the engine's own stream was opened with one."""

    def results(self) -> AsyncIterator[Result]:
        """What was heard, in order; ends after `close`. Raises `EngineError`."""
        ...

    async def close(self) -> None:
        """Give up what is open and let go of the engine."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether an engine can be used here, and if not, what to do about it (`hint`)."""

    name: str
    installed: bool  # its packages are here; a setting or a model may still be missing
    capabilities: Capabilities | None = None
    hint: str = ""

    @property
    def usable(self) -> bool:
        return not self.hint
