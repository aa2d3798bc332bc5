"""What is sent to an engine, counted on its way there.

A windowed engine is sent windows, interims' too, and a window once more where a host died on it;
any other is sent a stream, and what it is fed again after a failure it is sent again.
"""

from collections.abc import AsyncIterator, Callable, Sequence

from vivavoce.core.results import Reading, Result
from vivavoce.engines.base import Pcm, StreamOptions, Turn, Urgency, Window
from vivavoce.engines.native import Remote
from vivavoce.live.hosts import SAMPLE, Hosts
from vivavoce.live.service_host import ServiceHost
from vivavoce.telemetry.traces import span

Count = Callable[[str, int], None]
"""Told of a model, and how many samples it was sent just now."""


def uncounted(model: str, samples: int) -> None:
    """A `Count` for who does not want to know."""


class MeteredDecoder:
    """A `Decoder` for one session's stream."""

    def __init__(self, hosts: Hosts, count: Count) -> None:
        self._hosts = hosts
        self._count = count

    async def decode(self, window: Window, urgency: Urgency) -> Reading:
        if urgency is Urgency.INTERIM:
            return await self._hosts.decode(window, urgency, self._sent)
        samples = len(window.samples) // SAMPLE
        with span("decode", engine=self._hosts.capabilities.name, samples=samples) as decoding:
            reading = await self._hosts.decode(window, urgency, self._sent)
            decoding.set_attribute("vivavoce.model", reading.model or window.model or "")
            return reading

    def _sent(self, window: Window) -> None:
        model = window.model or self._hosts.capabilities.model
        self._count(model, len(window.samples) // SAMPLE)


class MeteredRemote:
    """A native engine's stream."""

    def __init__(self, remote: Remote, model: str, count: Count) -> None:
        self._remote = remote
        self._model = model
        self._count = count

    async def feed(self, pcm: Pcm) -> Sequence[Result]:
        self._count(self._model, len(pcm))
        return await self._remote.feed(pcm)

    async def flush(self) -> Sequence[Result]:
        return await self._remote.flush()

    async def close(self) -> None:
        await self._remote.close()


class MeteredService:
    """A `Service` for one session's stream."""

    def __init__(self, host: ServiceHost, count: Count) -> None:
        self._host = host
        self._count = count

    async def open(self, options: StreamOptions) -> Turn:
        turn = await self._host.open(options)
        return _MeteredTurn(turn, self._host.capabilities.model, self._count)


class _MeteredTurn:
    def __init__(self, turn: Turn, model: str, count: Count) -> None:
        self._turn = turn
        self._model = model
        self._count = count

    async def feed(self, pcm: Pcm) -> None:
        """Counted once the service has it: a connection that is broken already takes nothing."""
        await self._turn.feed(pcm)
        self._count(self._model, len(pcm))

    async def finish(self) -> None:
        await self._turn.finish()

    def results(self) -> AsyncIterator[Result]:
        return self._turn.results()

    async def close(self) -> None:
        await self._turn.close()
