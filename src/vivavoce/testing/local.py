"""Engines in the test's own process, behind the ports that host processes are behind."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from itertools import count

from vivavoce.core.errors import EngineError
from vivavoce.core.past import Earlier
from vivavoce.core.results import Reading, Result
from vivavoce.engines.base import (
    Aligner,
    Engine,
    EngineStream,
    NativeEngine,
    NativeStream,
    Pcm,
    ServiceEngine,
    Span,
    StreamOptions,
    Urgency,
    Window,
    WindowedEngine,
)
from vivavoce.engines.native import NativeEngineStream
from vivavoce.engines.service import ServiceStream
from vivavoce.engines.windowed import WindowedStream
from vivavoce.live.engines import Engines
from vivavoce.live.hosts import DEADLINE, Hosts, RemoteStream, Sent
from vivavoce.live.streams import VADS, Pool
from vivavoce.plugins import create


class LocalDecoder:
    """Decodes at once, after as many turns of the event loop as `delay` says for each call."""

    def __init__(self, engine: WindowedEngine, delay: Callable[[int], int] = lambda _: 1) -> None:
        self.engine = engine
        self.asked: list[tuple[Window, Urgency]] = []
        self._delay = delay
        self._number = count()

    async def decode(self, window: Window, urgency: Urgency) -> Reading:
        self.asked.append((window, urgency))
        for _ in range(self._delay(next(self._number))):
            await asyncio.sleep(0)
        return self.engine.decode(window)


class LocalAligner:
    """Aligns at once, unless `open_gate` is cleared: then nothing is answered."""

    def __init__(self, aligner: Aligner) -> None:
        self.languages = aligner.capabilities.languages
        self.aligner = aligner
        self.asked: list[tuple[Sequence[str], Urgency]] = []
        self.open_gate = asyncio.Event()
        self.open_gate.set()

    async def align(self, pcm: Pcm, words: Sequence[str], urgency: Urgency) -> Sequence[Span]:
        self.asked.append((words, urgency))
        await self.open_gate.wait()
        return self.aligner.align(pcm, words)


class LocalRemote:
    """A native engine's stream; what it raises is an `EngineError`, as from a host."""

    def __init__(self, stream: NativeStream) -> None:
        self._stream = stream

    async def feed(self, pcm: Pcm) -> Sequence[Result]:
        return _tried(lambda: self._stream.feed(pcm))

    async def flush(self) -> Sequence[Result]:
        return _tried(self._stream.flush)

    async def close(self) -> None:
        self._stream.close()


def _tried(call: Callable[[], Sequence[Result]]) -> Sequence[Result]:
    try:
        return call()
    except Exception as error:
        raise EngineError(f"The engine failed: {error}") from error


def open_local(
    engine: Engine,
    options: StreamOptions | None = None,
    *,
    base: int = 0,
    decided: int = 0,
    going_on: bool = False,
    earlier: Iterable[Earlier] = (),
    delay: Callable[[int], int] = lambda _: 1,
) -> EngineStream:
    """A session's stream over a loaded engine."""
    options = options or StreamOptions()
    capabilities = engine.capabilities
    if capabilities.kind == "native":
        native: NativeEngine = engine  # type: ignore[assignment]
        remote = LocalRemote(native.open(options))
        return NativeEngineStream(remote, capabilities, options, base)
    if capabilities.kind == "service":
        service: ServiceEngine = engine  # type: ignore[assignment]
        speech = VADS[capabilities.vad]().open()
        return ServiceStream(service, speech, capabilities, options, base, DEADLINE)
    windowed: WindowedEngine = engine  # type: ignore[assignment]
    vad = VADS[capabilities.vad]().open()
    decoder = LocalDecoder(windowed, delay)
    return WindowedStream(
        decoder, vad, capabilities, options, base, decided, going_on=going_on, earlier=earlier
    )


class LocalHosts(Hosts):
    """A pool without processes. While `open_gate` is not set, nothing is decoded."""

    def __init__(self, engine: str) -> None:
        super().__init__(engine, 1)
        self.asked: list[Urgency] = []
        self.open_gate = asyncio.Event()
        self.open_gate.set()
        self.engine = create(engine)
        self._alive = False

    @property
    def ready(self) -> bool:
        return self._alive

    async def start(self) -> None:
        self.engine.load()
        self._alive = True

    async def stop(self) -> None:
        self._alive = False

    async def decode(self, window: Window, urgency: Urgency, sent: Sent | None = None) -> Reading:
        self.asked.append(urgency)
        await self.open_gate.wait()
        if sent is not None:
            sent(window)
        try:
            reading: Reading = self.engine.decode(window)  # type: ignore[union-attr]
        except Exception as error:
            raise EngineError(f"The engine failed: {error}") from error
        return reading

    async def open(self, options: StreamOptions) -> RemoteStream:
        # It has what a session's stream uses of a remote one.
        return LocalRemote(self.engine.open(options))  # type: ignore[union-attr, arg-type, return-value]


class LocalEngines(Engines):
    """Every installed engine, in this process. `pools`: those that somebody asked for."""

    def __init__(self, *chain: str) -> None:
        super().__init__(chain or ("scripted",), 1)
        self.aligner = None
        self.pools = {name: LocalHosts(name) for name in self.names}

    def _pool(self, name: str) -> Pool:
        return self.pools.setdefault(name, LocalHosts(name))


async def hear(stream: EngineStream, pieces: Sequence[Pcm]) -> list[Result]:
    """Everything a stream says of these samples, flushed at their end."""

    async def feed() -> None:
        try:
            for piece in pieces:
                await stream.feed(piece)
            await stream.flush()
        finally:
            await stream.close()

    feeding = asyncio.create_task(feed())
    results = [result async for result in stream.results()]
    await feeding
    return results
