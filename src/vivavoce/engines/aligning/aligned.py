"""The times of words for an engine that does not give them, found after each final.

A wrapper around any `EngineStream`. Results pass through as they come; when an utterance is
decided without word times, its samples and its text go to an aligner, and an `Aligned` follows.
Nothing waits for it: not a final, not an interim, and the end of a live session no longer than
`SETTLE`. Where no aligner can tell, there are no times and nothing else is different.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import numpy as np

from vivavoce.core.errors import VivavoceError
from vivavoce.core.results import Aligned, Decided, Result, SpeechEnded, SpeechStarted
from vivavoce.core.types import SAMPLE_RATE, Word
from vivavoce.engines.base import EngineStream, Pcm, Span, StreamOptions, Urgency
from vivavoce.engines.outbox import Outbox

OUTSTANDING = 8
"""Utterances being aligned. A file then waits; live, further ones go without times."""

SETTLE = 1.0
"""Seconds that the end of a live session waits for times; nobody waits at that of a file."""
SETTLE_FILE = 30.0

LONGEST = 120 * SAMPLE_RATE
"""Samples kept for what is not decided yet."""

BEFORE = 10 * SAMPLE_RATE
"""Samples kept when nobody spoke: engines notice speech after it began."""


class Aligning(Protocol):
    """Whoever aligns: a host process, or an aligner in a test."""

    languages: tuple[str, ...]  # BCP-47

    async def align(self, pcm: Pcm, words: Sequence[str], urgency: Urgency) -> Sequence[Span]:
        """As an `Aligner`'s. Raises `EngineError` when it cannot be told."""
        ...


class AlignedStream:
    """An `EngineStream`. `base` is the position of the first sample it will be fed."""

    def __init__(
        self, inner: EngineStream, aligning: Aligning, options: StreamOptions, base: int = 0
    ) -> None:
        self.capabilities = inner.capabilities
        self._inner = inner
        self._aligning = aligning
        self._options = options
        self._kept = _Kept(base)
        self._ended = -1  # where speech last ended
        self._tasks: set[asyncio.Task[None]] = set()
        self._outbox = Outbox()
        self._passing: asyncio.Task[None] | None = None

    async def feed(self, pcm: Pcm) -> None:
        self._begin()
        self._kept.add(pcm)
        if not self._options.interims:
            await self._room()
        await self._inner.feed(pcm)

    async def tick(self, elapsed: int) -> None:
        await self._inner.tick(elapsed)

    async def flush(self) -> None:
        await self._inner.flush()

    async def settle(self) -> None:
        await self._inner.settle()

    def flushed(self, count: int) -> None:
        self._inner.flushed(count)

    def configure(self, options: StreamOptions) -> None:
        self._options = options
        self._inner.configure(options)

    def results(self) -> AsyncIterator[Result]:
        self._begin()
        return self._outbox.read()

    async def close(self) -> None:
        try:
            await self._inner.close()
            if self._passing is not None:
                await self._passing
            if self._tasks:
                limit = SETTLE if self._options.interims else SETTLE_FILE
                await asyncio.wait(self._tasks, timeout=limit)
        finally:
            for task in self._tasks:
                task.cancel()
            self._outbox.close()

    def _begin(self) -> None:
        """Not before the first use: a stream that is never used need not be closed."""
        if self._passing is None:
            self._passing = asyncio.create_task(self._pass())

    async def _room(self) -> None:
        while len(self._tasks) >= OUTSTANDING:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def _pass(self) -> None:
        try:
            async for result in self._inner.results():
                self._outbox.put([result])
                match result:
                    case SpeechStarted():
                        self._kept.wanted = True
                    case SpeechEnded():
                        self._ended = result.at
                    case Decided():
                        self._decided(result)
                        self._kept.wanted = result.end != self._ended
        except Exception as error:
            self._outbox.fail(error)

    def _decided(self, decided: Decided) -> None:
        pcm = self._kept.take(decided.start, decided.end)
        wanted = decided.text and not decided.words and self._understood(decided.language)
        # A file has waited already, but several of its finals may come at once.
        most = OUTSTANDING * (1 if self._options.interims else 2)
        if pcm is not None and wanted and len(self._tasks) < most:
            task = asyncio.create_task(self._align(decided, pcm))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _understood(self, language: str | None) -> bool:
        known = self.capabilities.languages
        language = language or self._options.language or (known[0] if len(known) == 1 else "")
        return _primary(language) in map(_primary, self._aligning.languages)

    async def _align(self, decided: Decided, pcm: Pcm) -> None:
        texts = decided.text.split()
        urgency = Urgency.FINAL if self._options.interims else Urgency.BATCH
        try:
            spans = await self._aligning.align(pcm, texts, urgency)
        except VivavoceError:
            return  # the aligner has said so in the log
        sure: Sequence[float | None] = decided.chances
        if len(sure) != len(texts):
            sure = [None] * len(texts)
        words = tuple(
            Word(text, decided.start + start, decided.start + end, chance)
            for text, (start, end), chance in zip(texts, spans, sure, strict=True)
        )
        self._outbox.put([Aligned(start=decided.start, end=decided.end, words=words)])


class _Kept:
    """The samples of what may still be decided, as 16-bit integers: half the memory."""

    def __init__(self, base: int) -> None:
        self.wanted = False  # somebody spoke, and it is not decided yet
        self._start = base  # position of the first sample kept
        self._blocks: deque[bytes] = deque()
        self._size = 0  # samples

    def add(self, pcm: Pcm) -> None:
        """More samples; the oldest go when there are too many."""
        for at in range(0, len(pcm), SAMPLE_RATE):
            block = np.clip(pcm[at : at + SAMPLE_RATE], -1, 1) * 32767
            self._blocks.append(block.astype("<i2").tobytes())
            self._size += len(block)
        self._forget(self._start + self._size - (LONGEST if self.wanted else BEFORE))

    def take(self, start: int, end: int) -> Pcm | None:
        """The samples [start, end), and with them goes what came before; None: gone already."""
        if start < self._start:
            return None
        self._forget(start)
        raw = np.frombuffer(b"".join(self._blocks), "<i2")[start - self._start : end - self._start]
        pcm = (raw / 32767).astype(np.float32)
        self._forget(end)
        return pcm if len(pcm) == end - start else None

    def _forget(self, position: int) -> None:
        while self._blocks and self._start + len(self._blocks[0]) // 2 <= position:
            gone = len(self._blocks.popleft()) // 2
            self._start += gone
            self._size -= gone


def _primary(language: str) -> str:
    return language.lower().partition("-")[0]
