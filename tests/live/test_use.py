"""What a session sent to engines, from its journal to the library, whatever becomes of both."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import numpy as np
import pytest

from vivavoce.core.commands import Cancel, Finish, Options, Start
from vivavoce.core.errors import DiskError, NotFound
from vivavoce.core.results import Result
from vivavoce.core.types import AudioFormat, Use
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.journal.journal import Journal
from vivavoce.library.sql import SqlRepository
from vivavoce.testing.clock import virtual_time
from vivavoce.testing.local import LocalRemote

pytestmark = pytest.mark.anyio

Serve = Callable[..., AbstractAsyncContextManager[Any]]
TALK = np.concatenate([say("alfa", "bravo"), silence(1), say("charlie", "delta"), silence(1)])
NATIVE = Options(engine="scripted-native")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time()


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many samples the native engine was fed, call by call, in every server's life."""
    fed: list[int] = []
    feed = LocalRemote.feed

    async def noted(remote: LocalRemote, pcm: Pcm) -> Sequence[Result]:
        fed.append(len(pcm))
        return await feed(remote, pcm)

    monkeypatch.setattr(LocalRemote, "feed", noted)
    return fed


async def totals(server: Any) -> list[Use]:
    return [use for _, use in await server.repository.usage("local")]


async def test_it_is_kept_with_the_recording(serve: Serve, received: list[int]) -> None:
    async with serve() as server:
        client = await server.start(NATIVE)
        await client.say(TALK)
        await client.send(Finish())
        await client.bye()
        (use,) = (await server.repository.get("local", client.session)).uses
        assert (use.engine, use.samples) == ("scripted-native", len(TALK))
        assert sum(received) == len(TALK)
        assert await totals(server) == [use]


@pytest.mark.parametrize("deaths", [1, 2])
async def test_what_was_sent_before_a_death_counts_and_what_is_sent_again_too(
    serve: Serve, received: list[int], deaths: int
) -> None:
    async with serve() as server:
        client = await server.start(NATIVE)
        await client.say(TALK)
        await client.final("charlie delta")
        await client.say(say("echo"))
        await client.acknowledged()
        await server.crash()
    for _ in range(deaths - 1):
        async with serve() as server:
            client = await server.resume(client)
            await client.say(say("foxtrot", "golf"))
            await client.acknowledged()
            await server.crash()
    async with serve() as server:
        client = await server.resume(client)
        await client.say(say("hotel"))
        await client.send(Finish())
        await client.bye()
        (use,) = (await server.repository.get("local", client.session)).uses
        assert use.samples == sum(received)
        assert await totals(server) == [use]


async def test_a_death_between_the_library_and_the_journal_counts_nothing_twice(
    serve: Serve, received: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as server:
        with monkeypatch.context() as patch:

            async def refused(self: Journal) -> None:
                raise DiskError("The folder cannot be deleted.")

            patch.setattr(Journal, "remove", refused)
            kept = await server.start(NATIVE)
            start = Start(AudioFormat(), NATIVE)
            unkept = type(kept)(await server.hub.start(start, kept=False))
            for client in (kept, unkept):
                await client.say(TALK)
                await client.send(Finish())
            while [use.samples for use in await totals(server)] != [2 * len(TALK)]:
                await server.repository.check()
            await server.crash()
    async with serve() as server:
        (use,) = await totals(server)
        assert use.samples == sum(received) == 2 * len(TALK)
        assert list(server.disk.root.iterdir()) == []


async def test_what_is_not_kept_is_in_the_totals_alone(serve: Serve, received: list[int]) -> None:
    async with serve() as server:
        seat = await server.hub.start(Start(AudioFormat(), NATIVE), kept=False)
        client = type(await server.start())(seat)
        await client.say(TALK)
        await client.send(Finish())
        await client.bye()
        assert [use.samples for use in await totals(server)] == [len(TALK)]
        with pytest.raises(NotFound):
            await server.repository.get("local", client.session)


async def test_what_is_deleted_while_it_runs_was_sent_all_the_same(
    serve: Serve, received: list[int]
) -> None:
    async with serve() as server:
        client = await server.start(NATIVE)
        await client.say(TALK)
        await client.final("charlie delta")
        await server.hub.cancel(client.session)
        await server.repository.delete("local", client.session)
        assert [use.samples for use in await totals(server)] == [sum(received)]


async def test_what_is_deleted_while_it_is_sealed_is_counted_once(
    serve: Serve, received: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as server:
        seal = SqlRepository.seal

        async def late(self: SqlRepository, recording: str, *rest: Any) -> object:
            with suppress(NotFound):
                await self.delete("local", recording)
            return await seal(self, recording, *rest)

        monkeypatch.setattr(SqlRepository, "seal", late)
        client = await server.start(NATIVE)
        await client.say(TALK)
        await client.send(Cancel())
        await client.bye()
        assert sum(use.samples for use in await totals(server)) == sum(received)
