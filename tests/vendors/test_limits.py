"""What clients see who ask for more than they may have: the error of their own for that, and when
to come again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
from openai import AsyncOpenAI, RateLimitError

from vivavoce.audio.wav import wav_header
from vivavoce.client import Recordings, connect
from vivavoce.core.errors import QuotaSpent, Throttled
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.library.keys import Limits
from vivavoce.testing.keys import library_key
from vivavoce.testing.process import ServerProcess, running

pytestmark = pytest.mark.anyio

PCM = (np.concatenate([say("alfa"), silence(1)]) * 32767).astype("<i2").tobytes()
WAV = wav_header(AudioFormat(), len(PCM)) + PCM

MINUTE, DAY = 60, 24 * 3600


@dataclass(frozen=True)
class Given:
    """A server, and keys: for a single request a minute, and for no sound at all."""

    server: ServerProcess
    hasty: str
    spent: str

    def openai(self, key: str) -> AsyncOpenAI:
        return AsyncOpenAI(base_url=f"{self.server.url}v1", api_key=key, max_retries=0)


@pytest.fixture
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    folder = tmp_path_factory.mktemp("limited")
    with running(ServerProcess(folder, engine="scripted", hosts=1, auth="keys")) as server:

        def key(owner: str, limits: Limits) -> str:
            made = library_key(server.data_dir, owner=owner, limits=limits)
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(asyncio.run, made).result()

        yield Given(server, key("ada", Limits(requests=1)), key("bob", Limits(minutes=0)))


async def again_and_again(ask: Callable[[], Awaitable[object]]) -> None:
    """Twice may not be enough: the first may have been at the end of a minute."""
    while True:
        await ask()


async def talk(server: ServerProcess, key: str) -> None:
    async with connect(server.url, key=key) as session:
        await session.send(PCM)
        await session.finish()
        async for _ in session:
            pass


async def test_openai_s_client(given: Given) -> None:
    async with given.openai(given.hasty) as client:
        assert (await client.models.list()).data
        with pytest.raises(RateLimitError) as refused:
            await again_and_again(client.models.list)
    assert (refused.value.status_code, refused.value.code) == (429, "rate_limit_exceeded")
    assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 2 * MINUTE
    async with given.openai(given.spent) as client:
        with pytest.raises(RateLimitError) as refused:
            await client.audio.transcriptions.create(model="whisper-1", file=("a.wav", WAV))
    assert (refused.value.status_code, refused.value.code) == (429, "insufficient_quota")
    assert 1 <= int(refused.value.response.headers["Retry-After"]) <= DAY


async def test_our_own_client(given: Given) -> None:
    async with Recordings(given.server.url, key=given.spent) as recordings:
        with pytest.raises(QuotaSpent, match="minutes of audio") as spent:
            await recordings.upload(WAV)
    assert 1 <= spent.value.after <= DAY
    with pytest.raises(QuotaSpent, match="minutes of audio"):
        await talk(given.server, given.spent)
    with pytest.raises(Throttled, match="requests a minute"):
        await again_and_again(lambda: talk(given.server, given.hasty))
