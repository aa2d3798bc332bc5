"""Which engine a session is decoded by: the one it prefers, or the next that works.

A chain belongs to one session and knows what failed *it* since its last final; the breakers
belong to the engines and know what failed anybody. So one utterance that an engine cannot
read moves one session to the next engine, and an engine that reads nobody's is left alone.
"""

from collections.abc import Sequence
from typing import Protocol

from vivavoce.core.errors import BadMessage, EngineError
from vivavoce.engines.base import Capabilities
from vivavoce.live.breaker import Breaker
from vivavoce.live.streams import Pool, check_language, check_translation


class Pools(Protocol):
    """Whoever has the engines (`live/engines.py`)."""

    def capabilities(self, name: str) -> Capabilities:
        """Raises `EngineError` for an engine that cannot be used here."""
        ...

    def breaker(self, name: str) -> Breaker: ...

    def loaded(self, name: str) -> bool: ...

    def wake(self, name: str) -> None:
        """Load it in the background, if it is not; its breaker learns what came of it."""

    async def get(self, name: str) -> Pool:
        """Its pool, loaded. Raises `EngineError`."""
        ...


class Chain:
    """`names` in order of preference, at least one. `translate_to`: what the session asks for."""

    def __init__(
        self, pools: Pools, names: Sequence[str], translate_to: Sequence[str] = ()
    ) -> None:
        self.names = tuple(names)
        self._translate_to = tuple(translate_to)
        self._pools = pools
        self._failed: set[str] = set()  # since the last final

    def check_language(self, language: str | None) -> None:
        """Raises `BadMessage` for a language that none of them knows, or can translate to."""
        if not any(self.knows(name, language) for name in self.names):
            self._check(self.names[0], language)

    def knows(self, name: str, language: str | None) -> bool:
        try:
            self._check(name, language)
        except (BadMessage, EngineError):
            return False
        return True

    def unfit(self, name: str, language: str) -> bool:
        """Whether it does not know a language that another does."""
        fit = [other for other in self.names if self.knows(other, language)]
        return bool(fit) and name not in fit

    def pick(self, language: str | None) -> str | None:
        """Who is to decode now; None: nobody can, for the moment."""
        fit = self._fit(language)
        if any(map(self._pools.loaded, fit)):
            return self._loaded(fit)
        return next((name for name in fit if self._may(name)), None)

    def better(self, than: str, language: str | None) -> str | None:
        """One that is preferred, and is loaded and may be tried again."""
        fit = self._fit(language)
        return self._loaded(fit[: fit.index(than)] if than in fit else fit)

    async def first(self, language: str | None) -> str:
        """Who a new session begins with: loaded, and well if any is. Raises `EngineError`."""
        fit = self._fit(language)
        loaded = [name for name in fit if self._pools.loaded(name)]
        if loaded:
            return min(loaded, key=lambda name: self._pools.breaker(name).wait > 0)
        for name in fit:
            try:
                await self.pool(name)
            except EngineError as error:
                self.failed(name, error)
            else:
                return name
        raise self.trouble

    async def pool(self, name: str) -> Pool:
        """Its hosts, loaded. Raises `EngineError`."""
        return await self._pools.get(name)

    def decided(self, name: str) -> None:
        """It gave a final: whoever failed before may have better luck with what follows."""
        self._failed.clear()
        self.worked(name)

    def worked(self, name: str) -> None:
        self._pools.breaker(name).worked()

    def failed(self, name: str, error: EngineError) -> None:
        """It is not tried again before another has had its turn, or all have failed."""
        self._failed.add(name)
        grave = error.grave or not self._pools.loaded(name)
        self._pools.breaker(name).failed(error.message, grave=grave)

    def reason(self, name: str) -> str:
        """Why it failed last; empty: it did not."""
        return self._pools.breaker(name).reason

    def again(self) -> None:
        """Nobody is left: all get another turn."""
        self._failed.clear()

    @property
    def wait(self) -> float:
        """Seconds until somebody may be tried."""
        return min(self._pools.breaker(name).wait for name in self.names)

    @property
    def trouble(self) -> EngineError:
        """Why there is nobody: what the preferred one failed of."""
        reasons = (self._pools.breaker(name).reason for name in self.names)
        return EngineError(next(filter(None, reasons), f"{self.names[0]} cannot be used here."))

    def _check(self, name: str, language: str | None) -> None:
        capabilities = self._pools.capabilities(name)
        check_language(capabilities, language)
        check_translation(capabilities, self._translate_to)

    def _loaded(self, names: Sequence[str]) -> str | None:
        """The first that may be tried at once; those before it are loaded for the next time."""
        for name in names:
            if self._may(name):
                if self._pools.loaded(name):
                    return name
                self._pools.wake(name)
        return None

    def _may(self, name: str) -> bool:
        return name not in self._failed and self._pools.breaker(name).take()

    def _fit(self, language: str | None) -> list[str]:
        """Those that know the language; where none does, the operator has chosen so."""
        return [n for n in self.names if self.knows(n, language)] or list(self.names)
