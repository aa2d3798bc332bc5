"""Services that fail in the middle of a sentence, between real servers: no word is lost.

The service is a server of ours with a saboteur on the line; the embedded engine goes on.
"""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engines.services import SECRET, Secure, account, saboteurs
from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import silence
from vivavoce.testing.family import children
from vivavoce.testing.process import STOPPED, ServerProcess, running
from vivavoce.testing.saboteur import Fault, Saboteur
from vivavoce.testing.wire import Wire, open_wire

pytestmark = pytest.mark.anyio

Launch = Callable[..., ServerProcess]
Lines = dict[str, Saboteur]

WORDS = ["in", "being", "comparatively", "modern"]
MIDDLE = 30_000  # bytes: about half of the sentence
SETTINGS = {"hosts": 1, "drain_s": 2, "max_sessions": 32}
FAULTS = [
    Fault("refused"),
    *(Fault("status", status=status) for status in (401, 403, 429)),
    Fault("silent", sent=MIDDLE),
    Fault("cut", sent=MIDDLE),
    Fault("garbage", sent=MIDDLE),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    with running(Secure(tmp_path_factory.mktemp("service"))) as server:
        assert isinstance(server, Secure)
        yield server
    assert SECRET not in server.log


@pytest.fixture
def lines(service: Secure) -> Iterator[Lines]:
    with saboteurs(service) as lines:
        yield lines


@pytest.fixture
def serve(
    launch: Launch, service: Secure, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Launch]:
    """A server with an engine that is this service."""
    servers = []

    def serve(engine: str, *others: str, **settings: object) -> ServerProcess:
        openai = engine if engine.startswith("openai") else "openai"
        given = dict(SETTINGS) | settings
        for name, value in account(service, lines, openai).items():
            if name.startswith("VIVAVOCE_"):
                given[name.removeprefix("VIVAVOCE_").lower()] = value
            else:
                monkeypatch.setenv(name, value)
        server = launch(engines=",".join((engine, *others)), **given)
        servers.append(server)
        return server

    yield serve
    assert all(SECRET not in server.log for server in servers)


class Talk:
    """The sentence of the clip, again and again, each time when the words of the last are there."""

    def __init__(self, wire: Wire, sentence: bytes) -> None:
        self.wire = wire
        self._sentence = sentence
        self._said = 0
        self.sent = 0

    async def say(self, *, wait: bool = True) -> None:
        await self.wire.frame(self._said, self._sentence)
        await self.wire.say(type="flush")
        self._said += 1
        while wait and len(self.words) < len(WORDS) * self._said:
            await self.wire.hear()

    @property
    def words(self) -> list[str]:
        return re.findall(r"[a-z]+", " ".join(self.wire.finals).lower())

    def events(self, kind: str) -> list[dict[str, Any]]:
        events = [message["event"] for message in self.wire.heard if message["type"] == "event"]
        return [event for event in events if event["type"] == kind]

    @property
    def engine(self) -> str:
        """Whoever decoded last."""
        return str(self.events("final")[-1]["engine"])

    async def end(self) -> None:
        await self.wire.say(type="finish")
        assert await self.wire.closed() == 1000
        assert self.words == WORDS * self._said
        (ended,) = self.events("ended")
        assert ended["reason"] == "finished"
        assert ended["duration"] == self._said * len(self._sentence) // 4
        assert SECRET not in json.dumps(self.wire.heard)


async def _read(path: Path) -> Pcm:
    file = read_audio(path, AudioFormat("container"), CompleteFile(path))
    async with aclosing(file) as blocks:
        return np.concatenate([block async for block in blocks])


@pytest.fixture(scope="module")
def sentence(data: Path) -> bytes:
    """Two seconds of speech."""
    clip = asyncio.run(_read(data / "reference.flac"))
    return np.concatenate([silence(0.3), clip, silence(0.3)]).astype("<f4").tobytes()


@asynccontextmanager
async def talking(server: ServerProcess, sentence: bytes) -> AsyncIterator[Talk]:
    async with open_wire(server.url) as wire:
        await wire.start()
        yield Talk(wire, sentence)


@pytest.mark.parametrize(
    ("engine", "fault"),
    [
        pytest.param(engine, fault, id=f"{engine}-{fault.kind}-{fault.status}")
        for engine in ("azure", "aws", "wyoming")
        for fault in FAULTS
        if fault.kind != "status" or engine != "wyoming"  # which knows none
    ],
)
async def test_the_embedded_engine_goes_on(
    serve: Launch, lines: Lines, sentence: bytes, engine: str, fault: Fault
) -> None:
    server = serve(engine, "moonshine", engine_deadline_s=3)
    async with talking(server, sentence) as talk:
        await talk.say()
        assert talk.engine == engine
        lines[engine].set(fault)
        try:
            await talk.say()
        finally:
            lines[engine].mend()
        assert talk.engine == "moonshine"
        (switched,) = talk.events("engine_switched")
        assert (switched["previous"], switched["engine"]) == (engine, "moonshine")
        assert switched["reason"].endswith(".")
        await talk.end()


async def test_a_service_alone_that_comes_back(
    serve: Launch, lines: Lines, sentence: bytes
) -> None:
    server = serve("azure")
    async with talking(server, sentence) as talk:
        await talk.say()
        lines["azure"].set(Fault("refused"))
        await talk.say(wait=False)
        warning = await talk.wire.event("warning")
        assert warning["code"] == "engine"
        assert "cannot be reached" in warning["message"]
        await talk.say(wait=False)
        lines["azure"].mend()
        await talk.say()
        assert not talk.events("engine_switched")
        await talk.end()


@pytest.mark.skipif("sys.platform != 'linux'", reason="it looks into /proc")
async def test_its_process_is_killed_in_the_middle(serve: Launch, sentence: bytes) -> None:
    server = serve("azure")
    async with talking(server, sentence) as talk:
        await talk.say()
        await talk.wire.frame(1, sentence[: len(sentence) // 2])
        await talk.wire.event("speech")
        for pid in children(server.pid, "host engine azure"):
            os.kill(pid, signal.SIGKILL)
        await talk.wire.frame(2, sentence[len(sentence) // 2 :])
        await talk.wire.say(type="finish")
        assert await talk.wire.closed() == 1000
        assert talk.words == WORDS * 2


async def test_a_server_with_nothing_but_a_service_that_is_down(
    launch: Launch, lines: Lines, tmp_path: Path
) -> None:
    lines["wyoming"].set(Fault("refused"))
    address = f"tcp://localhost:{lines['wyoming'].port}"
    server = ServerProcess(tmp_path, engine="wyoming", wyoming_service=address)
    server.launch()
    assert await asyncio.to_thread(server.wait) not in STOPPED
    assert f"The Wyoming service {address} cannot be reached" in server.log
    assert "Traceback" not in server.log
