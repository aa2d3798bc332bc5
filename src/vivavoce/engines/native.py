"""A natively streaming engine in a host process, as a session's stream."""

from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from typing import Protocol

from msgspec.structs import replace

from vivavoce.core.errors import EngineError
from vivavoce.core.results import (
    Aligned,
    Decided,
    Flushed,
    Heard,
    Result,
    SpeechEnded,
    SpeechStarted,
    Switched,
)
from vivavoce.core.types import SAMPLE_RATE, Word
from vivavoce.engines.base import Capabilities, Pcm, StreamOptions
from vivavoce.engines.outbox import Outbox


class Remote(Protocol):
    """The engine's own stream, wherever it runs. Positions count from its opening."""

    async def feed(self, pcm: Pcm) -> Sequence[Result]: ...

    async def flush(self) -> Sequence[Result]: ...

    async def close(self) -> None: ...


class NativeEngineStream:
    """An `EngineStream`. `base` is the position of the first sample it will be fed."""

    def __init__(
        self, remote: Remote, capabilities: Capabilities, options: StreamOptions, base: int = 0
    ) -> None:
        self.capabilities = capabilities
        self._remote = remote
        self._options = options
        self._base = base
        self._speaking = False
        self._idle = 0
        self._outbox = Outbox()

    async def feed(self, pcm: Pcm) -> None:
        self._idle = 0
        for at in range(0, len(pcm), SAMPLE_RATE):
            await self._say(self._remote.feed(pcm[at : at + SAMPLE_RATE]))

    async def tick(self, elapsed: int) -> None:
        self._idle += elapsed
        if self._speaking and self._idle >= self._options.endpoint:
            await self.flush()

    async def flush(self) -> None:
        await self._say(self._remote.flush())

    async def settle(self) -> None:
        """A call's results are out when it returns."""

    def flushed(self, count: int) -> None:
        self._outbox.put([Flushed(count=count)])

    def configure(self, options: StreamOptions) -> None:
        self._options = options

    def results(self) -> AsyncIterator[Result]:
        return self._outbox.read()

    async def close(self) -> None:
        await self._remote.close()
        self._outbox.close()

    async def _say(self, call: Awaitable[Sequence[Result]]) -> None:
        try:
            results = await call
        except EngineError as error:
            self._outbox.fail(error)
            return
        self._outbox.put(shifted(result, self._base) for result in self._wanted(results))

    def _wanted(self, results: Iterable[Result]) -> Iterable[Result]:
        for result in results:
            if isinstance(result, SpeechStarted | SpeechEnded):
                self._speaking = isinstance(result, SpeechStarted)
            if self._options.interims or not isinstance(result, Heard):
                yield result


def shifted(result: Result, base: int) -> Result:
    """A result of a stream that was opened at `base`, on the session's clock."""
    match result:
        case SpeechStarted() | SpeechEnded() | Switched():
            return replace(result, at=result.at + base)
        case Heard():
            return replace(result, start=result.start + base, end=result.end + base)
        case Flushed():
            return result
        case Decided() | Aligned():
            words = tuple(
                Word(w.text, w.start + base, w.end + base, w.confidence, w.speaker)
                for w in result.words
            )
            return replace(result, start=result.start + base, end=result.end + base, words=words)
