"""The engines that run here: the server's own from the start, others when first asked for."""

import asyncio

from vivavoce.core.errors import BadMessage
from vivavoce.live.aligner_host import AlignerHost
from vivavoce.live.better import Finals
from vivavoce.live.hosts import Hosts
from vivavoce.plugins import names


class Engines:
    """Each has its pool of `count` host processes. Use `start` and `stop`.

    `finals` is for the default one; the others decide theirs as "auto" does.
    """

    def __init__(self, default: str, count: int, finals: Finals = "auto") -> None:
        self.default = Hosts(default, count, finals)
        self.aligner: AlignerHost | None = AlignerHost()
        self._count = count
        self._pools: dict[str, asyncio.Task[Hosts]] = {}

    async def start(self) -> None:
        """Load the default engine. Raises `EngineError` if it cannot be."""
        await self.get(None)
        if self.aligner is not None:
            self.aligner.start()

    async def stop(self) -> None:
        if self.aligner is not None:
            await self.aligner.stop()
        pools = await asyncio.gather(*self._pools.values(), return_exceptions=True)
        await asyncio.gather(*(pool.stop() for pool in pools if isinstance(pool, Hosts)))

    async def get(self, name: str | None) -> Hosts:
        """The pool of an engine, loaded. None: the default's.

        Raises `BadMessage` for an engine nobody has, `EngineError` for one that will not load.
        """
        name = name or self.default.capabilities.name
        if name not in self._pools:
            if name != self.default.capabilities.name and name not in names():
                known = ", ".join(names())
                raise BadMessage(f"There is no engine {name!r} here; there are {known}.")
            self._pools[name] = asyncio.create_task(self._load(name))
        loading = self._pools[name]
        try:
            return await asyncio.shield(loading)
        except Exception:
            if self._pools.get(name) is loading:
                del self._pools[name]  # the next who asks tries again
            raise

    async def _load(self, name: str) -> Hosts:
        pool = self._pool(name)
        await pool.start()
        return pool

    def _pool(self, name: str) -> Hosts:
        if name == self.default.capabilities.name:
            return self.default
        return Hosts(name, self._count)
