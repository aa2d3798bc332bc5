"""A windowed engine made streaming: VAD, utterances, stabiliser and bounds around it.

The policy is `core/utterances.py`; here are the samples, the VAD and the asynchronous calls.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from vivavoce.core.past import LEAST, SIGHT, Earlier
from vivavoce.core.results import Flushed, Reading, Result
from vivavoce.core.segmenter import SMOOTH, WINDOW, Limits
from vivavoce.core.types import SAMPLE_RATE, Word
from vivavoce.core.utterances import Decode, Step, Utterances
from vivavoce.engines.base import Capabilities, Pcm, StreamOptions, Urgency, Window
from vivavoce.engines.kept import Kept
from vivavoce.engines.outbox import Outbox


class Vad(Protocol):
    """One stream's speech probabilities, one per `WINDOW` samples since it was opened."""

    def feed(self, pcm: Pcm) -> npt.NDArray[np.float32]: ...


UNDECIDED = 4
"""Closed utterances that may wait for their final before `feed` does."""

BLOCK = SAMPLE_RATE
"""Samples judged at a time: a fast reader must not keep the loop from everybody else."""


WARM_UP = -(-SIGHT // WINDOW) * WINDOW
"""Samples (8 s) that are heard again: what finals look back at. A VAD is believed after 4 s."""


def rewound(decided: int) -> int:
    """Where to feed a session from that is taken up after the sample `decided`."""
    return max(0, decided // WINDOW * WINDOW - WARM_UP)


class Decoder(Protocol):
    """Whoever decodes windows: a pool of host processes, or an engine in a test."""

    async def decode(self, window: Window, urgency: Urgency) -> Reading:
        """The more urgent go first. Raises `EngineError` when nobody can."""
        ...


class WindowedStream:
    """An `EngineStream`. `base` is the position of the first sample it will be fed.

    Taken up after `decided`, the end of the last final, it is fed from `rewound(decided)` on:
    the grid is the same again, and the VAD has heard what came before. `going_on`: that final
    was cut from one who went on speaking. `earlier`: it and those shortly before.
    """

    def __init__(
        self,
        decoder: Decoder,
        vad: Vad,
        capabilities: Capabilities,
        options: StreamOptions,
        base: int = 0,
        decided: int = 0,
        *,
        going_on: bool = False,
        earlier: Iterable[Earlier] = (),
    ) -> None:
        self.capabilities = capabilities
        self._decoder = decoder
        self._vad = vad
        self._options = options
        self._decided = max(base, decided)
        self._from = base + (self._decided - base) // WINDOW * WINDOW
        hypotheses = options.interims and capabilities.interims
        self._utterances = Utterances(
            Limits(options.endpoint, options.max_utterance),
            interim_every=options.interim_every if hypotheses else None,
            model=capabilities.model,
            position=self._from,
            free=self._decided,
            going_on=going_on,
            continues=capabilities.continues,
            earlier=earlier,
        )
        self._kept = Kept(base)
        self._judged = base
        self._tasks: set[asyncio.Task[None]] = set()
        self._outbox = Outbox()
        self._room = asyncio.Event()
        self._room.set()

    async def feed(self, pcm: Pcm) -> None:
        for at in range(0, len(pcm), BLOCK):
            await self._room.wait()
            self._take(pcm[at : at + BLOCK])
            await asyncio.sleep(0)

    async def tick(self, elapsed: int) -> None:
        if self._kept.end > self._decided:
            self._carry_out(self._utterances.tick(elapsed, self._kept.end))

    async def flush(self) -> None:
        if self._kept.end > self._decided:
            self._carry_out(self._utterances.flush(self._kept.end))
        await self.settle()

    async def settle(self) -> None:
        while self._utterances.undecided and self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    def flushed(self, count: int) -> None:
        self._outbox.put([Flushed(count=count)])

    def configure(self, options: StreamOptions) -> None:
        self._options = options
        self._utterances.limit(Limits(options.endpoint, options.max_utterance))

    def results(self) -> AsyncIterator[Result]:
        return self._outbox.read()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._outbox.close()

    def _take(self, pcm: Pcm) -> None:
        self._kept.add(pcm)
        speech = self._vad.feed(pcm)
        heard = self._kept.between(self._judged, self._judged + len(speech) * WINDOW)
        levels = np.sqrt(np.mean(np.square(heard.reshape(-1, WINDOW)), axis=1))
        for probability, level in zip(speech.tolist(), levels.tolist(), strict=True):
            self._judged += WINDOW
            if self._judged > self._from:
                self._carry_out(self._utterances.window(probability, level))
        self._forget()

    def _forget(self) -> None:
        """Drop what no decoding will ask for."""
        first = min(self._utterances.needed, self._judged)
        if first - self._kept.start >= BLOCK:
            self._kept.forget(first)

    def _carry_out(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, Decode):
                self._ask(step)
            else:
                self._outbox.put([step])
        if self._utterances.undecided < UNDECIDED:
            self._room.set()
        else:
            self._room.clear()

    def _ask(self, decode: Decode) -> None:
        said = "" if decode.before is None else decode.before.text
        first = decode.first
        if decode.before is not None and not said:
            first += _quietest(self._kept.between(first, decode.start - LEAST))
        window = Window(
            samples=np.asarray(self._kept.between(first, decode.end), "<f4").tobytes(),
            language=self._options.language,
            prefix=decode.prefix,
            said=said,
            lead=0 if said else decode.start - first,
            interim=not decode.final,
            brief=self._options.brief,
        )
        task = asyncio.create_task(self._answer(decode, window, first))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _urgency(self, decode: Decode) -> Urgency:
        if not self._options.interims:
            return Urgency.BATCH
        return Urgency.FINAL if decode.final else Urgency.INTERIM

    async def _answer(self, decode: Decode, window: Window, first: int) -> None:
        try:
            reading = await self._decoder.decode(window, self._urgency(decode))
        except Exception as error:
            if not self._utterances.missed(decode):
                self._outbox.fail(error)
                self._room.set()
            return
        self._carry_out(self._utterances.read(decode, _placed(reading, first)))


def _quietest(pcm: Pcm) -> int:
    """The middle of the quietest 160 ms; the beginning where there are no more than these."""
    count = len(pcm) // WINDOW
    if count <= SMOOTH:
        return 0
    energies = np.square(pcm[: count * WINDOW]).reshape(count, WINDOW).sum(axis=1)
    at = np.convolve(energies, np.ones(SMOOTH), "valid").argmin()
    return (2 * int(at) + SMOOTH) * WINDOW // 2


def _placed(reading: Reading, start: int) -> Reading:
    """A reading's words, counted from the session's start instead of the window's."""
    if not reading.words:
        return reading
    words = tuple(
        Word(w.text, w.start + start, w.end + start, w.confidence, w.speaker) for w in reading.words
    )
    return replace(reading, words=words)
