"""The engines that run here: the server's own from the start, others when first asked for."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from functools import cache

import structlog

from vivavoce import plugins
from vivavoce.core.commands import Options
from vivavoce.core.errors import BadMessage, EngineError
from vivavoce.live.aligner_host import AlignerHost
from vivavoce.live.better import Finals
from vivavoce.live.breaker import Breaker
from vivavoce.live.chain import Chain
from vivavoce.live.hosts import DEADLINE
from vivavoce.live.streams import Pool, check_language, make_pool
from vivavoce.live.tally import Tally
from vivavoce.live.translating import shared_out
from vivavoce.processes import persevere

log = structlog.get_logger()


class Engines:
    """Each has its pool of `count` host processes. Use `start` and `stop`.

    `chain` is in order of preference: the first is a session's that asks for none, the others
    take over when it fails. `finals` is for the first; the others decide theirs as "auto"
    does. `deadline` is in seconds for one call of an engine.
    """

    def __init__(
        self,
        chain: Sequence[str],
        count: int,
        finals: Finals = "auto",
        deadline: float = DEADLINE,
        *,
        model: bool = False,
        tally: Tally | None = None,
    ) -> None:
        """`model`: whether a language model translates what an engine cannot; `tally` is what
        their work is counted in. Raises `EngineError` for an engine nobody has."""
        self.names = tuple(dict.fromkeys(chain))
        self.tally = tally or Tally()
        self.aligner: AlignerHost | None = AlignerHost(tally=self.tally)
        self.capabilities = cache(plugins.capabilities)
        self._count = count
        self._finals = finals
        self._deadline = deadline
        self._model = model
        self._loading: dict[str, asyncio.Task[Pool]] = {}
        self._pools: dict[str, Pool] = {}  # loaded
        self._breakers: dict[str, Breaker] = {}
        self._waking: dict[str, asyncio.Task[None]] = {}
        for name in self.names:
            plugins.check(name)

    async def start(self) -> None:
        """Load the chain; the first that can be loaded is enough to return.

        Raises `EngineError`, the first's, if none can be.
        """
        for name in self.names:
            self.wake(name)
        for name in self.names:
            await self._waking[name]
            if self.loaded(name):
                break
            log.warning("engine cannot be loaded", engine=name, reason=self.breaker(name).reason)
        else:
            reason = self.breaker(self.names[0]).reason
            await self.stop()
            raise EngineError(reason)
        if self.aligner is not None:
            self.aligner.start()

    async def stop(self) -> None:
        """End all their processes."""
        await persevere(self._stop)

    async def _stop(self) -> None:
        if self.aligner is not None:
            await self.aligner.stop()
        loading = [*self._waking.values(), *self._loading.values()]
        for task in loading:
            task.cancel()
        await asyncio.gather(*loading, return_exceptions=True)
        await asyncio.gather(*(pool.stop() for pool in self._pools.values()))

    @property
    def ready(self) -> bool:
        """Whether any engine of the chain can decode."""
        return any(self._pools[name].ready for name in self.names if name in self._pools)

    @property
    def enough_room(self) -> bool:
        """Whether live work leaves the cores room for what nobody waits for."""
        return all(pool.enough_room for pool in self._pools.values())

    @property
    def default(self) -> Pool:
        """The pool of the first engine of the chain that is loaded. Raises `EngineError`."""
        for name in self.names:
            if name in self._pools:
                return self._pools[name]
        raise EngineError("No engine is loaded.")

    def chain(
        self,
        asked: str | None = None,
        language: str | None = None,
        translate_to: Sequence[str] = (),
    ) -> Chain:
        """The engines of a session that asks for one, or for none.

        Who asks for one gets it, and when it fails those after it in the chain; one that is
        not of the chain stands alone. Raises `BadMessage` for an engine nobody has, for a
        language that it, or nobody of the chain, knows, and for one that nobody translates
        to; `EngineError` for an engine that cannot be used here.
        """
        if asked is None:
            names = self.names
        elif asked in self.names:
            names = self.names[self.names.index(asked) :]
        else:
            if asked not in plugins.names(tests=True):
                known = ", ".join(plugins.names())
                raise BadMessage(f"There is no engine {asked!r} here; there are {known}.")
            names = (asked,)
        if asked is not None:
            check_language(self.capabilities(asked), language)
        chain = Chain(self, names, translate_to)
        chain.check_language(language)
        return chain

    def shared_out(
        self, options: Options, *, again: bool = False
    ) -> tuple[Options, tuple[str, ...]]:
        """What the session's engine is asked for, and the languages into which a language
        model translates. `again`: it was admitted with them, and goes on also where there is
        no model any more. Raises `BadMessage` for what is no language."""
        if self._model or again:
            with suppress(EngineError):  # `chain` says so
                return shared_out(options, self.capabilities(options.engine or self.names[0]))
        return options, ()

    def breaker(self, name: str) -> Breaker:
        return self._breakers.setdefault(name, Breaker(_now))

    @property
    def breakers(self) -> Mapping[str, Breaker]:
        """Of the engines that were ever asked for."""
        return self._breakers

    @property
    def at_work(self) -> Mapping[str, Pool]:
        """Of the engines that are loaded."""
        return self._pools

    def loaded(self, name: str) -> bool:
        return name in self._pools

    def wake(self, name: str) -> None:
        waking = self._waking.get(name)
        if waking is None or waking.done():
            self._waking[name] = asyncio.create_task(self._wake(name), context=Context())

    async def get(self, name: str) -> Pool:
        """The pool of an engine, loaded. Raises `EngineError` for one that will not load."""
        if name in self._pools:
            return self._pools[name]
        if name not in self._loading:
            # It lives on when the session is over that asked first, and is not to be logged as its.
            self._loading[name] = asyncio.create_task(self._load(name), context=Context())
        loading = self._loading[name]
        try:
            return await asyncio.shield(loading)
        finally:
            if loading.done() and self._loading.get(name) is loading:
                del self._loading[name]  # if it failed, the next who asks tries again

    async def _wake(self, name: str) -> None:
        try:
            await self.get(name)
        except EngineError as error:
            self.breaker(name).failed(error.message, grave=True)
        else:
            self.breaker(name).worked()

    async def _load(self, name: str) -> Pool:
        pool = self._pool(name)
        try:
            await pool.start()
        except BaseException:  # some of its hosts may have started
            await persevere(pool.stop)
            raise
        self._pools[name] = pool
        return pool

    def _pool(self, name: str) -> Pool:
        finals = self._finals if name == self.names[0] else "auto"
        return make_pool(name, self._count, finals, self._deadline, self.tally)


def _now() -> float:
    """The loop's, where there is one: a test's may be virtual."""
    with suppress(RuntimeError):
        return asyncio.get_running_loop().time()
    return time.monotonic()
