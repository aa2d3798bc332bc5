"""Engines that are somebody else's services, with a saboteur on the line to a real server."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from unittest.mock import patch

import pytest

from tests.engines.services import SECRET, SERVICES, Secure, account, saboteurs
from vivavoce.audio.level import LevelVad
from vivavoce.core.errors import EngineError, EngineRefused
from vivavoce.core.results import Result
from vivavoce.engines import service
from vivavoce.engines.base import Pcm, StreamOptions
from vivavoce.engines.fake import ScriptedService, say, silence
from vivavoce.engines.service import LATE, ServiceStream
from vivavoce.live.host_process import HostDied
from vivavoce.live.hosts import Hosts
from vivavoce.live.service_host import ServiceHost
from vivavoce.live.streams import Pool, open_stream
from vivavoce.plugins import capabilities
from vivavoce.testing.engines import pieces, said
from vivavoce.testing.process import running
from vivavoce.testing.saboteur import Fault, Saboteur

pytestmark = pytest.mark.anyio

Lines = dict[str, Saboteur]

DEADLINE = 4.0  # seconds
MIDDLE = 40_000  # bytes: no engine sends fewer of a second of speech
STATUSES = [Fault("status", status=status) for status in (401, 403, 429)]
FAULTS = [
    Fault("refused"),
    Fault("silent"),
    Fault("silent", sent=MIDDLE),
    Fault("cut"),
    Fault("cut", sent=MIDDLE),
    Fault("cut", sent=MIDDLE, heard=1),
    Fault("garbage"),
    Fault("garbage", sent=MIDDLE),
]
NAMED = ("azure", "aws", "amazon transcribe", "openai", "wyoming")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    with running(Secure(tmp_path_factory.mktemp("sabotaged"))) as server:
        assert isinstance(server, Secure)
        yield server
    assert SECRET not in server.log


@asynccontextmanager
async def pooled(name: str, deadline: float) -> AsyncIterator[Pool]:
    service = capabilities(name).kind == "service"
    pool = ServiceHost(name, deadline) if service else Hosts(name, 1, "auto", deadline)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()
    assert not pool.pids


async def attempt(pool: Pool, spoken: Pcm) -> tuple[str, EngineError | None]:
    """What a session hears of it, and what it is told when that fails."""
    stream, _ = await open_stream(pool, StreamOptions())

    async def feed() -> None:
        for piece in pieces(spoken, 1600):
            await stream.feed(piece)
        await stream.flush()
        await stream.close()

    feeding = asyncio.create_task(feed())
    heard: list[Result] = []
    try:
        async for result in stream.results():
            heard += [result]
    except EngineError as error:
        return said(heard), error
    else:
        return said(heard), None
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        await stream.close()


async def well(pool: Pool, spoken: Pcm) -> None:
    """On a machine that has much to do, a deadline of seconds may be missed by itself."""
    while (await attempt(pool, spoken))[1] is not None:
        pass


async def suffer(name: str, lines: Lines, spoken: Pcm) -> None:
    line = lines[name]
    faults = FAULTS if name == "wyoming" else STATUSES + FAULTS  # it knows no statuses
    async with pooled(name, DEADLINE) as pool:
        await well(pool, spoken)
        for fault in faults:
            line.set(fault)
            heard, error = await attempt(pool, spoken)
            told = (name, fault, heard, error)
            assert error is not None, told
            assert isinstance(error, EngineRefused) == (fault.kind == "status"), told
            assert not isinstance(error, HostDied), told
            message = error.message
            place = f"localhost:{line.port}"
            assert any(known in message.lower() for known in (*NAMED, place)), told
            assert message.endswith("."), told
            assert ". " not in message, told
            assert "\n" not in message, told
            assert SECRET not in message, told
            line.mend()
        line.set(Fault("silent", sent=MIDDLE))
        await attempt(pool, spoken)
        line.mend()
        await well(pool, spoken)


@pytest.mark.parametrize("openai", ["openai", "openai-rest"])
async def test_each_failure_is_one_clear_error(server: Secure, spoken: Pcm, openai: str) -> None:
    names = [name for name in SERVICES if name not in ("openai", "openai-rest")]
    before = asyncio.all_tasks()
    deadline = {"VIVAVOCE_ENGINE_DEADLINE_S": str(DEADLINE)}
    with (
        saboteurs(server) as lines,
        patch.dict(os.environ, account(server, lines, openai) | deadline),
    ):
        async with asyncio.TaskGroup() as all_at_once:
            for name in (openai, *(names if openai == "openai" else ())):
                all_at_once.create_task(suffer(name, lines, spoken))
    assert asyncio.all_tasks() <= before


async def test_one_that_says_nothing_to_speech_is_given_up(
    server: Secure, spoken: Pcm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SILENT", len(spoken) // 4)

    async def ignored(name: str, lines: Lines) -> None:
        async with pooled(name, 60) as pool:
            lines[name].set(Fault("silent", sent=MIDDLE // 4))
            _, error = await attempt(pool, spoken)
            assert error is not None
            assert "said nothing to 1 s of speech" in error.message

    with saboteurs(server) as lines, patch.dict(os.environ, account(server, lines)):
        async with asyncio.TaskGroup() as all_at_once:
            for name in ("azure", "aws", "openai"):
                all_at_once.create_task(ignored(name, lines))


class Mute:
    """A service that takes everything and says nothing."""

    def __init__(self) -> None:
        self.opened = self.finished = 0

    async def open(self, options: StreamOptions) -> "Mute":
        self.opened += 1
        return self

    async def feed(self, pcm: Pcm) -> None:
        """Gone."""

    async def finish(self) -> None:
        self.finished += 1

    async def results(self) -> AsyncIterator[Result]:
        await asyncio.Event().wait()
        yield  # type: ignore[misc]

    async def close(self) -> None:
        """Nothing to let go of."""


def stream_of(mute: Mute) -> ServiceStream:
    vad = LevelVad().open()
    return ServiceStream(mute, vad, ScriptedService.capabilities, StreamOptions(), 0, 0.01)


async def test_speech_before_a_long_silence_must_have_been_answered() -> None:
    mute = Mute()
    stream = stream_of(mute)
    await stream.feed(say("alfa", "bravo", "charlie", "delta"))
    await stream.feed(silence(LATE / 16_000))
    before = mute.finished
    await stream.feed(silence(1))
    assert (before, mute.finished) == (0, 1)
    with pytest.raises(EngineError, match="did not give its last words"):
        _ = [result async for result in stream.results()]
    await stream.close()


async def test_a_short_noise_need_not_be_answered() -> None:
    mute = Mute()
    stream = stream_of(mute)
    await stream.feed(say("alfa"))
    await stream.feed(silence(60))
    assert not mute.finished
    await stream.close()
