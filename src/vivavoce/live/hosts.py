"""The pool of host processes of one engine, and who computes next.

Windowed calls wait in one queue: finals before interims before files, each in order of
arrival; a session has at most one interim in it, so nobody gets more than a turn. A host
that dies or hangs is replaced and its call made again elsewhere: a window holds all it needs.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import numpy as np

from vivavoce.core.errors import EngineError
from vivavoce.core.results import Reading, Result
from vivavoce.engines.base import Capabilities, Pcm, StreamOptions, Urgency, Window
from vivavoce.engines.hosted.calls import (
    Answer,
    Call,
    CloseStream,
    Decode,
    Feed,
    FlushStream,
    LoadBetter,
    OpenStream,
)
from vivavoce.live.better import LOAD_DEADLINE, Better, Finals
from vivavoce.live.host_process import HostDied, HostProcess
from vivavoce.live.room import Room
from vivavoce.live.tally import Tally
from vivavoce.plugins import capabilities

TRIES = 3
SAMPLE = 4  # bytes in a `Window`
DEADLINE = 20.0  # seconds for one call, where nothing else is set; a 30 s window takes under one

Sent = Callable[[Window], None]
"""Told of a window each time that a host is given it."""

_Job = tuple[int, int, Window, "asyncio.Future[Reading]", Sent | None]


class Hosts:
    """`count` processes of `engine`. Use `start` and `stop`."""

    def __init__(
        self,
        engine: str,
        count: int,
        finals: Finals = "auto",
        deadline: float = DEADLINE,
        tally: Tally | None = None,
    ) -> None:
        """`deadline` is in seconds for one call. Raises `EngineError` (`plugins.create`)."""
        self.capabilities: Capabilities = capabilities(engine)
        self._room = Room(count)
        self._better = Better(engine, self.capabilities.better, finals, self._room)
        self._engine = engine
        self._tally = tally or Tally()
        self.count = count
        self._deadline = deadline
        self._jobs: asyncio.PriorityQueue[_Job] = asyncio.PriorityQueue()
        self._order = itertools.count()
        self._hosts: dict[int, HostProcess] = {}
        self._starting = [asyncio.Lock() for _ in range(count)]
        self._workers: list[asyncio.Task[None]] = []
        self._idle: dict[int, asyncio.Event] = {}  # by slot, for who has nothing to do
        self._streams = itertools.count()
        self._stopping = False

    @property
    def ready(self) -> bool:
        """Whether at least one host has its engine loaded."""
        return any(host.alive for host in self._hosts.values())

    @property
    def enough_room(self) -> bool:
        """Whether live work leaves room for other."""
        return self._room.enough

    @property
    def dear(self) -> bool:
        """Whether finals are by the better model however much there is to do."""
        return self._better.demanded

    @property
    def waiting(self) -> int:
        """Calls not yet given to a host."""
        return self._jobs.qsize()

    @property
    def pids(self) -> list[int]:
        """Of the host processes that live."""
        return [host.pid for host in self._hosts.values() if host.alive]

    async def start(self) -> None:
        """Start the hosts, all at once. Raises `EngineError` if the engine cannot be loaded."""
        self._stopping = False
        slots = range(self.count)
        started = await asyncio.gather(*map(self._started, slots), return_exceptions=True)
        for outcome in started:
            if isinstance(outcome, BaseException):
                await self.stop()
                raise outcome
        if self.capabilities.kind == "windowed":
            self._workers = [asyncio.create_task(self._work(slot)) for slot in slots]
        try:
            await self._better.start(self._load_better)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End every host; calls still waiting, or being answered, fail."""
        self._stopping = True
        await self._better.stop()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._idle.clear()
        await asyncio.gather(*map(self._end, range(self.count)))
        while not self._jobs.empty():
            *_, answer, _sent = self._jobs.get_nowait()
            if not answer.done():
                answer.set_exception(self._stopped())

    async def decode(self, window: Window, urgency: Urgency, sent: Sent | None = None) -> Reading:
        """What a host reads in the window. Raises `EngineError` after `TRIES` hosts failed."""
        window = await self._better.chosen(window, urgency)
        answer: asyncio.Future[Reading] = asyncio.get_running_loop().create_future()
        with self._better.counted(urgency):
            self._jobs.put_nowait((urgency, next(self._order), window, answer, sent))
            if self._idle:  # the same one as long as it can: its weights are in the cache
                self._idle.pop(min(self._idle)).set()
            return await answer

    async def open(self, options: StreamOptions) -> "RemoteStream":
        """A stream on one of a native engine's hosts, the one with the fewest."""
        host = await self._started(min(range(self.count), key=self._busy))
        worked = partial(self._tally.worked, self._engine)
        stream = RemoteStream(host, next(self._streams), self._deadline, worked)
        try:
            await stream.call(OpenStream(stream.number, options))
        except BaseException:
            await stream.close()
            raise
        return stream

    async def _load_better(self) -> None:
        for slot in range(self.count):
            host = await self._started(slot)
            await host.call(LoadBetter(), LOAD_DEADLINE)

    def _busy(self, slot: int) -> int:
        """Streams on a slot's host; one that is to be started anew has none."""
        host = self._hosts.get(slot)
        return host.streams if host is not None and host.alive else 0

    def _stopped(self) -> EngineError:
        return EngineError(f"{self._engine} was stopped.")

    async def _work(self, slot: int) -> None:
        """One host's turn after turn."""
        while True:
            while self._jobs.empty():
                self._idle[slot] = called = asyncio.Event()
                await called.wait()
            *_, window, answer, sent = self._jobs.get_nowait()
            if answer.done():  # nobody waits for it any more
                continue
            try:
                reading = await self._tried(slot, window, sent)
            except asyncio.CancelledError:
                if not answer.done():
                    answer.set_exception(self._stopped())
                raise
            except Exception as error:
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(reading)

    async def _tried(self, slot: int, window: Window, sent: Sent | None) -> Reading:
        for attempt in itertools.count(1):
            try:
                host = await self._started(slot)
                if sent is not None:
                    sent(window)
                began = time.perf_counter()
                answered = await host.call(Decode(window), self._deadline)
            except HostDied:
                if attempt == TRIES:
                    raise
            else:
                assert answered.reading is not None
                took, samples = time.perf_counter() - began, len(window.samples) // SAMPLE
                self._tally.worked(self._engine, samples, took)
                return answered.reading
        raise AssertionError

    async def _started(self, slot: int) -> HostProcess:
        async with self._starting[slot]:
            if self._stopping:
                raise self._stopped()
            host = self._hosts.get(slot)
            if host is None or not host.alive:
                if host is not None:
                    self._tally.restarted[self._engine] += 1
                    await host.stop()
                host = self._hosts[slot] = await HostProcess.start(self._engine)
                if self._better.loaded:
                    await self._better.load_anew(host)
            return host

    async def _end(self, slot: int) -> None:
        """Waits for a host that is being started: else nobody would ever end it."""
        async with self._starting[slot]:
            host = self._hosts.pop(slot, None)
            if host is not None:
                await host.stop()


class RemoteStream:
    """A native engine's stream in a host process. It counts on its host until `close`."""

    def __init__(
        self,
        host: HostProcess,
        number: int,
        deadline: float,
        worked: Callable[[int, float], None] = lambda _samples, _seconds: None,
    ) -> None:
        """`worked` is told how many samples the host was fed, and for how long it was busy."""
        self._worked = worked
        self.host = host
        self.number = number
        self._deadline = deadline
        self._closed = False
        host.streams += 1

    async def call(self, call: Call) -> Answer:
        """Whoever gives up waiting does not end the call: other streams live in that host."""
        return await asyncio.shield(self.host.call(call, self._deadline))

    async def feed(self, pcm: Pcm) -> Sequence[Result]:
        samples = np.asarray(pcm, "<f4").tobytes()
        began = time.perf_counter()
        answered = await self.call(Feed(self.number, samples))
        self._worked(len(pcm), time.perf_counter() - began)
        return answered.results

    async def flush(self) -> Sequence[Result]:
        return (await self.call(FlushStream(self.number))).results

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self.host.streams -= 1
        with suppress(EngineError):
            await self.call(CloseStream(self.number))
