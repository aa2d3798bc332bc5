"""The host process of an aligner: one for all sessions, niced, and never waited for.

Live utterances go before those of files. After it died or hung it is started anew; what it
was asked then goes without an answer, for another try would make the next ones late.
"""

import asyncio
import itertools
from collections.abc import Sequence

import numpy as np
import structlog

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Pcm, Span, Urgency
from vivavoce.engines.hosted.calls import Align
from vivavoce.live.host_process import HostProcess
from vivavoce.live.tally import Tally
from vivavoce.plugins import create_aligner
from vivavoce.processes import persevere

log = structlog.get_logger()

DEADLINE = 5.0  # seconds for one utterance; 20 s of speech take 0.3
GIVE_UP = 3
"""Calls in a row that cost the process its life, after which there are no more."""

_Job = tuple[int, int, Align, "asyncio.Future[list[Span]]"]


class AlignerHost:
    """An `Aligning`. Use `start` and `stop`."""

    def __init__(self, name: str = "pocketsphinx", tally: Tally | None = None) -> None:
        self.name = name
        self._tally = tally or Tally()
        self.languages = create_aligner(name).capabilities.languages
        self._jobs: asyncio.PriorityQueue[_Job] = asyncio.PriorityQueue()
        self._order = itertools.count()
        self._host: HostProcess | None = None
        self._failed = 0  # in a row
        self._worker: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Of the host process, when there is one."""
        return self._host.pid if self._host is not None and self._host.alive else None

    def start(self) -> None:
        """Take utterances from now on; the process starts in the background."""
        self._worker = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """End it; utterances that wait go without an answer."""
        await persevere(self._stop)

    async def _stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        if self._host is not None:
            await self._host.stop()
        while not self._jobs.empty():
            *_, answer = self._jobs.get_nowait()
            _fail(answer, EngineError(f"{self.name} was stopped."))

    async def align(self, pcm: Pcm, words: Sequence[str], urgency: Urgency) -> list[Span]:
        """Where each word was said, in samples. Raises `EngineError`."""
        if self._failed >= GIVE_UP:
            raise EngineError(f"{self.name} does not work here.")
        answer: asyncio.Future[list[Span]] = asyncio.get_running_loop().create_future()
        call = Align(np.asarray(pcm, "<f4").tobytes(), tuple(words))
        self._jobs.put_nowait((urgency, next(self._order), call, answer))
        return await answer

    async def _work(self) -> None:
        try:
            await self._started()
        except EngineError as error:
            log.warning("words will have no times", reason=error.message)
            self._failed = GIVE_UP
        while True:
            *_, call, answer = await self._jobs.get()
            if answer.done():  # nobody waits for it any more
                continue
            try:
                spans = await self._asked(call)
            except asyncio.CancelledError:
                _fail(answer, EngineError(f"{self.name} was stopped."))
                raise
            except Exception as error:
                log.warning("words go without times", reason=str(error))
                _fail(answer, EngineError(f"{self.name} gave no answer."))
            else:
                if not answer.done():
                    answer.set_result(spans)

    async def _asked(self, call: Align) -> list[Span]:
        try:
            host = await self._started()
            spans = (await host.call(call, DEADLINE)).spans
        except EngineError:
            if self._host is None or not self._host.alive:
                self._failed += 1
            raise
        self._failed = 0
        if len(spans) != len(call.words):
            raise EngineError(f"{self.name} placed {len(spans)} of {len(call.words)} words.")
        return spans

    async def _started(self) -> HostProcess:
        if self._host is None or not self._host.alive:
            if self._host is not None:
                self._tally.restarted[self.name] += 1
                await self._host.stop()
                self._host = None
            self._host = await HostProcess.start(self.name, "aligner")
        return self._host


def _fail(answer: "asyncio.Future[list[Span]]", error: EngineError) -> None:
    if not answer.done():
        answer.set_exception(error)
