"""What is sent to each kind of engine is counted, once for each time that it is sent."""

import numpy as np
import pytest

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Pcm, StreamOptions
from vivavoce.engines.fake import ScriptedService, say, silence
from vivavoce.live.metered import MeteredRemote, MeteredService
from vivavoce.live.streams import open_stream
from vivavoce.testing.clock import virtual_time
from vivavoce.testing.local import LocalHosts, hear

pytestmark = pytest.mark.anyio

TALK = [say("alfa", "bravo"), silence(1), say("charlie"), silence(1)]
LENGTH = sum(map(len, TALK))


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time(0)


class Meter:
    def __init__(self) -> None:
        self.counts: list[tuple[str, int]] = []

    def __call__(self, model: str, samples: int) -> None:
        self.counts.append((model, samples))


async def counted(engine: str, options: StreamOptions) -> tuple[list[tuple[str, int]], LocalHosts]:
    hosts, meter = LocalHosts(engine), Meter()
    stream, _ = await open_stream(hosts, options, count=meter)
    await hear(stream, TALK)
    return meter.counts, hosts


@pytest.mark.parametrize("interims", [True, False])
async def test_of_a_windowed_engine_every_window_counts(interims: bool) -> None:
    counts, hosts = await counted("scripted", StreamOptions(interims=interims))
    assert len(counts) == len(hosts.asked) > (2 if interims else 1)
    if not interims:  # the pauses are nobody's, but for their edges
        spoken = len(TALK[0]) + len(TALK[2])
        assert spoken < sum(samples for _, samples in counts) < LENGTH


async def test_of_a_native_engine_the_whole_stream_counts() -> None:
    counts, _ = await counted("scripted-native", StreamOptions())
    assert {model for model, _ in counts} == {LocalHosts("scripted-native").capabilities.model}
    assert sum(samples for _, samples in counts) == LENGTH


class Failing:
    async def feed(self, pcm: Pcm) -> list[object]:
        raise EngineError("It fails.")


async def test_what_an_engine_fails_on_was_sent() -> None:
    meter = Meter()
    remote = MeteredRemote(Failing(), "m", meter)  # type: ignore[arg-type]
    with pytest.raises(EngineError):
        await remote.feed(np.zeros(7, np.float32))
    assert meter.counts == [("m", 7)]


async def test_of_a_service_what_its_connections_take_counts() -> None:
    service, meter = ScriptedService(), Meter()
    service.load()
    metered = MeteredService(service, meter)  # type: ignore[arg-type]
    for pcm in (TALK[0], TALK[2]):
        turn = await metered.open(StreamOptions())
        await turn.feed(pcm)
        await turn.finish()
        assert [result async for result in turn.results()]
        await turn.close()
    assert meter.counts == [("tones-service", len(pcm)) for pcm in (TALK[0], TALK[2])]
