"""From a session's journal to its events."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vivavoce.core.commands import Finish, Options
from vivavoce.core.events import Lagging
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.dialects.base import Bye
from vivavoce.engines.base import StreamOptions, Urgency
from vivavoce.engines.fake import say, silence
from vivavoce.engines.windowed import UNDECIDED
from vivavoce.journal.commit import Committer
from vivavoce.journal.journal import Journal, SessionHeader
from vivavoce.live.passage import Passage
from vivavoce.testing.clock import virtual_time
from vivavoce.testing.family import children

pytestmark = pytest.mark.anyio

Serve = Callable[..., AbstractAsyncContextManager[Any]]
LONG = np.concatenate([say("alfa"), silence(0.8)] * 5 * UNDECIDED)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time()


async def test_words_that_come_late_are_said_to_and_caught_up(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        server.gate().clear()
        for at in range(0, len(LONG), SAMPLE_RATE):
            await client.say(LONG[at : at + SAMPLE_RATE])
            await asyncio.sleep(0.01)
        server.gate().set()
        await client.say(silence(0.1))
        await client.send(Finish())
        await client.bye()
        late, caught_up = (event for event in client.events if isinstance(event, Lagging))
        assert late.behind >= 5 * SAMPLE_RATE
        assert caught_up.behind == 0
        assert len(client.finals) == 5 * UNDECIDED


async def test_nobody_waits_for_a_file_so_it_never_lags(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start(Options(interims=False, endpoint_ms=500))
        await client.say(LONG)
        await client.send(Finish())
        await client.bye()
        assert len(client.finals) == 5 * UNDECIDED
        assert client.interims == []
        assert not any(isinstance(event, Lagging) for event in client.events)
        assert set(server.engines.pools["scripted"].asked) == {Urgency.BATCH}


async def test_a_lost_line_does_not_end_a_sentence(serve: Serve) -> None:
    """More of this very word may be on its way; who comes back goes on in it."""
    async with serve() as server:
        first = await server.start()
        word = np.concatenate([say("alfa", "bravo", "charlie"), silence(1)])
        await first.say(word[:4800])
        await first.acknowledged()
        first.seat.leave()
        await asyncio.sleep(1.5)
        second = await server.resume(first)
        await second.say(word[4800:])
        await second.final("alfa bravo charlie")
        await second.send(Finish())
        assert await second.bye() == Bye("finished")
        assert len(second.finals) == 1


async def test_who_stays_and_falls_silent_has_their_sentence_ended(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        final = await client.final("alfa")
        assert final.end == len(say("alfa"))
        await client.say(say("bravo"))
        await client.final("bravo")
        await client.send(Finish())
        await client.bye()


async def test_samples_of_another_rate_are_on_the_same_clock(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start(rate=48_000, channels=2)
        pcm = np.concatenate([silence(0.5), say("alfa", "bravo"), silence(0.5)])
        await client.say(np.repeat(pcm, 6))
        await client.send(Finish())
        await client.bye()
        (final,) = client.finals
        assert final.text == "alfa bravo"
        assert abs(final.words[0].start - 8_000) < 200


class Nobody:
    """Whose session it is."""

    attended = staticmethod(lambda: False)

    async def mark(self, at: int, label: str) -> None:
        raise AssertionError

    async def lag(self, position: int) -> None:
        """Nobody is told."""

    def speaks(self, at: int, language: str) -> None:
        raise AssertionError

    def heeds(self, at: int, on: bool) -> None:
        raise AssertionError


async def test_no_decoder_outlives_its_session(data: Path, tmp_path: Path) -> None:
    committer = Committer(0)
    header = SessionHeader(
        session="s",
        owner="local",
        token_sha256="",
        format=AudioFormat("container"),
        options=Options(),
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    journal = await Journal.create(tmp_path / "s", header, committer)
    journal.append(0, (data / "reference.flac").read_bytes())
    unused: Any = None
    passage = Passage(journal, unused, StreamOptions(), 0, 0, Nobody())
    blocks = passage._blocks()
    await anext(blocks)
    assert children(os.getpid(), "vivavoce.audio.decoder")
    await blocks.aclose()
    assert not children(os.getpid(), "vivavoce.audio.decoder")
    await journal.close()
    await committer.close()
