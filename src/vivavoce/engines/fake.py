"""Three scripted engines that read tones as words: one windowed, one natively streaming, one
that is spoken to as a service is.

They are real engines behind the real port, with an answer that can be computed by hand, so
everything around them can be tested to the letter. A word is a tone of `WORD` samples whose
pitch names it (`say` makes them); a tone cut short is read with a trailing hyphen, so that
the last word of a hypothesis changes, as real ones do. A voice at other pitches reads as
whatever word is nearest.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

import numpy as np

from vivavoce.core.results import Decided, Heard, Reading, Result, SpeechEnded, SpeechStarted
from vivavoce.core.speakers import SpeakerTurn
from vivavoce.core.stabiliser import Stabiliser
from vivavoce.core.types import SAMPLE_RATE, Word
from vivavoce.engines.base import Capabilities, Pcm, Span, StreamOptions, Window

WORDS = (
    *("alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india"),
    *("juliett", "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo"),
    *("sierra", "tango", "uniform", "victor", "whiskey", "xray", "yankee", "zulu"),
)
WORD = SAMPLE_RATE // 5
GAP = SAMPLE_RATE // 20
LOUD = 0.05
GRAIN = 80  # samples over which a level is taken
LOWEST, STEP = 300, 50  # Hz


def say(*words: str, level: float = 0.5) -> Pcm:
    """The words as the scripted engines hear them, a short gap after each."""
    time = np.arange(WORD) / SAMPLE_RATE
    gap = np.zeros(GAP, np.float32)
    parts: list[Pcm] = []
    for word in words:
        pitch = LOWEST + STEP * WORDS.index(word)
        parts += [(level * np.sin(2 * np.pi * pitch * time)).astype(np.float32), gap]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def tones(pcm: Pcm) -> Iterator[Word]:
    """The words in the samples; positions count from the first."""
    count = len(pcm) // GRAIN
    loud = np.abs(pcm[: count * GRAIN]).reshape(count, GRAIN).max(axis=1) > LOUD
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        start, end = int(first) * GRAIN, int(last) * GRAIN
        if end - start > 2 * GRAIN:
            yield Word(_name(pcm[start:end]), start, end, confidence=1.0)


def _name(sound: Pcm) -> str:
    loud = np.flatnonzero(np.abs(sound) > LOUD)
    tone = sound[loud[0] : loud[-1] + 1]  # a grain may be half silent
    crossings = np.count_nonzero(np.diff(np.signbit(tone)))
    pitch = crossings * SAMPLE_RATE / (2 * len(tone))
    word = WORDS[int(np.clip(round((pitch - LOWEST) / STEP), 0, len(WORDS) - 1))]
    return word if len(tone) > WORD * 0.9 else f"{word}-"


class Scripted:
    """The windowed one."""

    capabilities = Capabilities(
        name="scripted",
        kind="windowed",
        model="tones",
        languages=("*",),
        word_times=True,
        vad="level",
        licence="MIT",
    )

    def load(self) -> None:
        """Nothing to load."""

    def decode(self, window: Window) -> Reading:
        words = tuple(tones(window.pcm))
        return Reading(
            text=" ".join(w.text for w in words),
            words=words,
            language=window.language,
            confidence=1.0 if words else None,
        )


class ScriptedAligner:
    """Finds the tones again, and does not look what words they are; what is left has no length."""

    capabilities = Capabilities(
        name="scripted",
        kind="aligner",
        model="tones",
        languages=("en",),
        word_times=True,
        licence="MIT",
    )

    def load(self) -> None:
        """Nothing to load."""

    def align(self, pcm: Pcm, words: Sequence[str]) -> list[Span]:
        found = [(tone.start, tone.end) for tone in tones(pcm)][: len(words)]
        return found + [(len(pcm), len(pcm))] * (len(words) - len(found))


class ScriptedDiarizer:
    """Takes each third of the alphabet for a voice: alfa to india, juliett to romeo, the rest."""

    capabilities = Capabilities(
        name="scripted", kind="diarizer", model="tones", languages=("*",), licence="MIT"
    )

    def load(self) -> None:
        """Nothing to load."""

    def open(self, *, hasty: bool) -> "_Voices":  # noqa: ARG002
        return _Voices()


class _Voices:
    """Keeps all it hears: no test is long."""

    def __init__(self) -> None:
        self._heard: list[Pcm] = []

    def feed(self, pcm: Pcm) -> None:
        self._heard.append(pcm)

    def finish(self) -> None:
        """Nothing is left to be told."""

    def turns(self) -> list[SpeakerTurn]:
        found = tones(np.concatenate([np.zeros(0, np.float32), *self._heard]))
        return [SpeakerTurn(w.start, w.end, WORDS.index(w.text.rstrip("-")) // 9) for w in found]

    def close(self) -> None:
        """Nothing to let go of."""


class ScriptedNative:
    """The natively streaming one."""

    capabilities = Capabilities(
        name="scripted-native",
        kind="native",
        model="tones-native",
        languages=("*",),
        word_times=True,
        licence="MIT",
    )

    def load(self) -> None:
        """Nothing to load."""

    def open(self, options: StreamOptions) -> "_Stream":
        return _Stream(options.language)


class _Stream:
    """Works in grains, so that what it says does not depend on how it is fed."""

    PAUSE = SAMPLE_RATE // 2
    SPEAK_EVERY = SAMPLE_RATE // 2

    def __init__(self, language: str | None) -> None:
        self._language = language
        self._position = 0  # samples looked at
        self._rest = np.zeros(0, np.float32)
        self._utterance: list[Pcm] = []
        self._start: int | None = None
        self._loud = 0  # end of the last loud grain
        self._stabiliser = Stabiliser()

    def feed(self, pcm: Pcm) -> Sequence[Result]:
        pcm = np.concatenate([self._rest, pcm])
        whole = len(pcm) // GRAIN * GRAIN
        self._rest = pcm[whole:]
        results: list[Result] = []
        for at in range(0, whole, GRAIN):
            results += self._grain(pcm[at : at + GRAIN])
        return results

    def flush(self) -> Sequence[Result]:
        return [] if self._start is None else self._decide()

    def close(self) -> None:
        """Nothing to let go of."""

    def _grain(self, grain: Pcm) -> list[Result]:
        loud = bool(np.abs(grain).max() > LOUD)
        results: list[Result] = []
        if self._start is None and loud:
            self._start = self._position
            results.append(SpeechStarted(at=self._position))
        self._position += GRAIN
        if self._start is None:
            return results
        self._utterance.append(grain)
        if loud:
            self._loud = self._position
        if self._position - self._loud >= self.PAUSE:
            return results + self._decide()
        if (self._position - self._start) % self.SPEAK_EVERY == 0:
            results.append(self._hear())
        return results

    def _hear(self) -> Heard:
        assert self._start is not None
        text = " ".join(w.text for w in tones(np.concatenate(self._utterance)))
        split = self._stabiliser.add(text)
        return Heard(start=self._start, end=self._position, stable=split.stable, tail=split.tail)

    def _decide(self) -> list[Result]:
        assert self._start is not None
        start, pcm = self._start, np.concatenate(self._utterance)
        words = tuple(
            Word(w.text, w.start + start, w.end + start, w.confidence) for w in tones(pcm)
        )
        self._start, self._utterance, self._stabiliser = None, [], Stabiliser()
        decided = Decided(
            start=start,
            end=self._loud,
            text=" ".join(w.text for w in words),
            words=words,
            model=ScriptedNative.capabilities.model,
            language=self._language,
        )
        return [SpeechEnded(at=self._loud), decided]


class ScriptedService:
    """The one that is spoken to as a service is, though nobody is at the other end."""

    capabilities = Capabilities(
        name="scripted-service",
        kind="service",
        model="tones-service",
        languages=("*",),
        word_times=True,
        vad="level",
        licence="MIT",
    )

    def load(self) -> None:
        """Nothing to load."""

    async def open(self, options: StreamOptions) -> "_Turn":
        return _Turn(ScriptedNative().open(options))


class _Turn:
    """A native stream whose results come when they come."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream
        self._said: asyncio.Queue[Result | None] = asyncio.Queue()

    async def feed(self, pcm: Pcm) -> None:
        self._say(self._stream.feed(pcm))

    async def finish(self) -> None:
        self._say(self._stream.flush())
        self._said.put_nowait(None)

    async def results(self) -> AsyncIterator[Result]:
        while (result := await self._said.get()) is not None:
            yield result

    async def close(self) -> None:
        """Nothing to let go of."""

    def _say(self, results: Sequence[Result]) -> None:
        for result in results:
            if isinstance(result, Heard | Decided):
                self._said.put_nowait(result)
