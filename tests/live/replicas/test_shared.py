"""Servers that share sessions: on one volume, and each on its own, with a real Redis."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.live.conftest import FRAME, Client, serving
from tests.live.test_hub import PAUSE, TALK, essence
from vivavoce.core.commands import Audio, Finish, Flush, Mark, Options
from vivavoce.core.errors import BadCredentials, DiskError, Gone, Held
from vivavoce.core.events import Ended, Gap, Interim, Numbered
from vivavoce.dialects.base import Bye
from vivavoce.engines.fake import say
from vivavoce.journal.lacking import AWAY
from vivavoce.library import leases
from vivavoce.live import hub
from vivavoce.live.replicas import mirror, shared, telling
from vivavoce.live.replicas.port import Item
from vivavoce.live.replicas.redis_log import Read, RedisError
from vivavoce.testing.redis_server import RedisServer

pytestmark = pytest.mark.anyio

CRUMB = TALK[:24_000]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LASTS", 3.0)
    monkeypatch.setattr(shared, "RENEW_EVERY", 0.3)
    monkeypatch.setattr(shared, "AGAIN", 0.1)
    monkeypatch.setattr(mirror, "AGAIN", 0.1)
    monkeypatch.setattr(telling, "AGAIN", 0.1)
    monkeypatch.setattr(telling, "PLACES_EVERY", 0.05)
    monkeypatch.setattr(hub, "ASTRAY_EVERY", 0.2)


class Servers:
    """Two and more on one library; `apart`: each with a volume of its own."""

    def __init__(self, folder: Path, redis: RedisServer, apart: bool) -> None:
        self.folder = folder
        self.apart = apart
        self._redis = redis
        self.library = folder / "library"
        self.library.mkdir(parents=True)

    def serve(self, name: str, **options: Any) -> AbstractAsyncContextManager[Any]:
        data = self.folder / (name if self.apart else "one")
        data.mkdir(exist_ok=True)
        return serving(data, library=self.library, redis=self._redis.url, **options)


@pytest.fixture(params=["one volume", "apart"])
def servers(request: pytest.FixtureRequest, tmp_path: Path, redis: RedisServer) -> Servers:
    return Servers(tmp_path, redis, request.param == "apart")


@pytest.fixture
def apart(tmp_path: Path, redis: RedisServer) -> Servers:
    return Servers(tmp_path, redis, apart=True)


def raw(pcm: Any) -> bytes:
    return bytes(np.round(pcm * 32767).astype("<i2").tobytes())


async def say_from(client: Client, pcm: Any, first: int = 0) -> None:
    """As a client that has kept all does: from the frame that the server asks for."""
    data = raw(pcm)
    for frame in range(max(first, client.next_frame), -(-len(data) // FRAME)):
        await client.seat.send(Audio(frame, data[frame * FRAME : (frame + 1) * FRAME]))
        client.next_frame = frame + 1


async def undisturbed(server: Any) -> list[tuple[str, int, int, str]]:
    client = await server.start()
    await say_from(client, TALK)
    await client.send(Finish())
    await client.bye()
    return essence(client.finals)


async def places_told(server: Any, client: Client) -> None:
    """Return when others know how far the audio has come."""
    log = server.replicas._log
    while (await log.places(client.session) or [(0, 0)])[-1][0] < client.next_frame:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    while await log.last(client.session) < client.numbered[-1].n:  # noqa: ASYNC110
        await asyncio.sleep(0.02)


async def begun(server: Any, *options: Options) -> Client:
    """One who has said something, of which the other servers know."""
    client: Client = await server.start(*options)
    await say_from(client, CRUMB)
    await client.final("alfa bravo")
    await places_told(server, client)
    return client


async def test_a_client_goes_on_at_another_server_while_the_first_runs(servers: Servers) -> None:
    async with servers.serve("a") as here, servers.serve("b") as there:
        expected = await undisturbed(here)
        first = await begun(here, Options(title="Both"))
        second = await there.resume(first)
        assert (await first.bye()).close == 1001
        assert second.seat.ready.next_frame <= first.next_frame
        await say_from(second, TALK)
        await second.send(Finish())
        assert await second.bye() == Bye("finished")
        assert essence(first.finals + second.finals) == expected
        kept = await there.repository.get("local", first.session)
        assert (kept.title, kept.state) == ("Both", "done")


async def test_a_client_goes_on_when_its_server_is_killed(servers: Servers) -> None:
    async with servers.serve("a") as here, servers.serve("b") as there:
        expected = await undisturbed(there)
        first = await begun(here)
        await here.crash()
        second = await there.resume(first)
        await say_from(second, TALK)
        await second.send(Finish())
        assert await second.bye() == Bye("finished")
        assert essence(first.finals + second.finals) == expected
        numbers = [numbered.n for numbered in first.numbered + second.numbered]
        assert numbers == [*range(1, len(numbers) + 1)]


async def test_who_watches_at_another_server_sees_events_and_interims(servers: Servers) -> None:
    async with servers.serve("a") as here, servers.serve("b") as there:
        client = await here.start()
        shown, seen = Interim(id="u1", stable="alfa", tail="", start=0, end=1), []

        async def watch() -> list[Any]:
            found = []
            async for item in await there.hub.watch(client.session):
                found.append(item)
                if item == shown:
                    seen.append(item)
            return found

        watching = [asyncio.create_task(watch()) for _ in range(3)]
        while len(seen) < 3:  # each of them; the latest is all that is kept
            here.hub.running(client.session).broadcast.show(shown)
            await asyncio.sleep(0.05)
        await say_from(client, TALK)
        await client.send(Finish())
        await client.bye()
        for found in await asyncio.gather(*watching):
            assert [item for item in found if isinstance(item, Numbered)] == client.numbered
        await here.hub.sealed(client.session)


async def test_what_was_said_so_far_is_known_at_another_server(servers: Servers) -> None:
    async with servers.serve("a") as here, servers.serve("b") as there:
        client = await begun(here)
        said = await there.hub.said(client.session)
        assert said[: len(client.numbered)] == client.numbered
        assert await there.hub.said("0" * 26) is None
        assert await there.hub.watch("0" * 26) is None
        assert await there.hub.watch("no id") is None
        await client.send(Finish())
        await client.bye()


async def test_another_server_lets_only_the_owner_with_the_token_go_on(servers: Servers) -> None:
    async with servers.serve("a") as here, servers.serve("b") as there:
        client = await here.start()
        wrong = client.resume()
        with pytest.raises(BadCredentials):
            await there.hub.resume(type(wrong)(wrong.session, "wrong", 0, 0))
        with pytest.raises(Gone):
            await there.hub.resume(client.resume(), "somebody else")
        assert client.session in here.hub._sessions
        await client.send(Finish())
        await client.bye()


async def test_what_the_client_has_not_kept_is_a_gap(apart: Servers) -> None:
    async with apart.serve("a") as here, apart.serve("b") as there:
        first = await here.start()
        for end in (10, 30):
            await say_from(first, TALK[: end * 1600])
            await places_told(here, first)
        await first.final("alfa bravo")
        await places_told(here, first)
        await here.crash()
        second = await there.resume(first)
        asked = second.seat.ready.next_frame
        assert asked < 25
        await say_from(second, TALK, first=25)  # of what was acknowledged it has nothing before
        await second.send(Finish())
        await second.bye()
        gaps = [event for event in second.events if isinstance(event, Gap)]
        assert gaps == [Gap(start=asked * 1600, end=25 * 1600, reason=AWAY)]
        ended = second.events[-1]
        assert isinstance(ended, Ended)
        assert ended.duration == len(TALK)


async def test_a_client_may_not_leave_out_more_than_the_other_server_had(apart: Servers) -> None:
    async with apart.serve("a") as here, apart.serve("b") as there:
        first = await begun(here)
        await here.crash()
        second = await there.resume(first)
        with pytest.raises(Exception, match="was due"):
            await second.send(Audio(100_000, b"\0\0"))
        await say_from(second, TALK)
        with pytest.raises(Exception, match="was due"):  # nor anything once it goes on
            await second.send(Audio(second.next_frame + 2, b"\0\0"))
        await second.send(Finish())
        await second.bye()


async def test_the_server_that_was_away_gives_back_the_audio_it_had(apart: Servers) -> None:
    async with apart.serve("b") as there:
        async with apart.serve("a") as here:
            first = await begun(here)
            await here.crash()
        second = await there.resume(first)
        await say_from(second, TALK)
        await second.send(Finish())
        await second.bye()
        await there.hub.sealed(first.session)
        assert await audio_of(there, first.session) != raw(TALK)
        async with apart.serve("a") as again:
            await until_given_back(apart.folder / "a")
            assert await audio_of(again, first.session) == raw(TALK)
            assert first.session not in again.hub._sessions


async def test_a_server_that_was_away_leaves_a_session_to_the_one_that_went_on(
    apart: Servers,
) -> None:
    async with apart.serve("b") as there:
        expected = await undisturbed(there)
        async with apart.serve("a") as here:
            first = await begun(here)
            await here.crash()
        second = await there.resume(first)
        async with apart.serve("a") as again:
            assert again.hub.sessions == 0
            third = await again.resume(second)  # and has it again when it is asked
            assert (await second.bye()).close == 1001
            await say_from(third, TALK)
            await third.send(Finish())
            await third.bye()
            await until_given_back(apart.folder / "a")
            assert essence(first.finals + third.finals) == expected


async def test_commands_are_obeyed_once_whoever_hears_them(servers: Servers) -> None:
    async with servers.serve("a") as here, servers.serve("b") as there:
        first = await here.start()
        await say_from(first, say("alfa"))
        await first.send(Mark(label="one"), Flush())
        await first.final("alfa")
        await places_told(here, first)
        await here.crash()
        second = await there.resume(first)
        await say_from(second, np.concatenate([say("alfa"), PAUSE]))
        await second.send(Mark(label="two"), Finish())
        await second.bye()
        labels = [getattr(e, "label", None) for e in first.events + second.events]
        assert [label for label in labels if label] == ["one", "two"]


async def test_a_session_whose_server_and_client_are_gone_is_ended_by_another(
    servers: Servers,
) -> None:
    async with servers.serve("a") as here, servers.serve("b") as there:
        client = await begun(here)
        await here.crash()
        while (await there.repository.get("local", client.session)).state == "live":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        kept = await there.repository.get("local", client.session)
        assert (kept.state, kept.reason, kept.preview) == ("done", "abandoned", "alfa bravo")
        while await there.hub.said(client.session) is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_what_cannot_be_made_anew_is_held_for_its_own_server(apart: Servers) -> None:
    async with apart.serve("b") as there:
        async with apart.serve("a") as here:
            client = await here.start(encoding="container")
            await client.send(Audio(0, b"\x1aE\xdf\xa3"))
            await client.acknowledged()
            await here.crash()
        with pytest.raises(Held):
            await there.resume(client)
        async with apart.serve("a") as again:
            assert client.session in again.hub._sessions


async def test_a_session_goes_on_without_redis(servers: Servers, redis: RedisServer) -> None:
    async with servers.serve("a") as here, servers.serve("b") as there:
        client = await here.start()
        redis.stop()
        await say_from(client, CRUMB)
        await client.final("alfa bravo")
        with pytest.raises(Held):
            await there.hub.said(client.session)
        redis.start()
        seen = []
        watched = await there.hub.watch(client.session)
        await say_from(client, TALK)
        await client.send(Finish())
        await client.bye()
        seen = [item async for item in watched]
        assert [item for item in seen if isinstance(item, Numbered)] == client.numbered


async def test_deleting_a_session_leaves_nothing_in_redis(servers: Servers) -> None:
    async with servers.serve("a") as here:
        client = await begun(here)
        await here.hub.cancel(client.session)
        assert await here.replicas._log.said(client.session) == []
        assert await here.replicas._log.places(client.session) == []
        assert await here.replicas.header(client.session) is None


async def test_a_server_that_was_frozen_lets_go_of_what_another_has(apart: Servers) -> None:
    async with apart.serve("a") as here, apart.serve("b") as there:
        first = await begun(here)
        await here.replicas._leases.free(first.session)  # as if it had lapsed
        second = await there.resume(first)
        assert (await first.bye()).close == 1001
        await say_from(second, TALK)
        await second.send(Finish())
        assert await second.bye() == Bye("finished")
        assert second.finals[-1].text == "zulu"


async def audio_of(server: Any, session: str) -> bytes:
    key = f"recordings/{session}/audio"
    parts = [part async for part in server.blobs.stream(key, 0, await server.blobs.size(key))]
    return b"".join(parts).partition(b"data")[2][4:]


async def until_given_back(data: Path) -> None:
    while any((data / "left").iterdir()):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def test_a_journal_that_is_made_anew_is_not_put_away(apart: Servers) -> None:
    async with apart.serve("a") as here, apart.serve("b") as there:
        first = await begun(here)
        await here.crash()
        while True:
            try:
                async with there.replicas.fetched(first.session):
                    await there.replicas._set_aside()
                    assert (there.data / "live" / first.session).is_dir()
                break
            except Held:  # until the lease has lapsed
                await asyncio.sleep(0.1)
        await there.replicas._set_aside()  # it was not opened
        assert not (there.data / "live" / first.session).is_dir()
        second = await there.resume(first)
        await say_from(second, TALK)
        await second.send(Finish())
        assert await second.bye() == Bye("finished")


async def test_nobody_opens_what_another_is_making_anew(apart: Servers) -> None:
    async with apart.serve("a") as here, apart.serve("b") as there:
        first = await begun(here)
        await here.hub._let_go(here.hub.running(first.session), Bye("moved", 1001))
        async with there.replicas.fetched(first.session) as found:
            assert found
            with pytest.raises(Held):
                async with here.replicas.fetched(first.session):  # whose journal is whole
                    pass
        second = await here.resume(first)
        await say_from(second, TALK)
        await second.send(Finish())
        assert await second.bye() == Bye("finished")


async def test_a_line_that_came_earlier_does_not_take_the_session_from_a_later_one(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with servers.serve("a") as here, servers.serve("b") as there:
        client = await here.start()
        claimed, wait = there.hub._claimed, asyncio.Event()

        async def late(session: str) -> Any:
            monkeypatch.setattr(there.hub, "_claimed", claimed)
            await wait.wait()
            return await claimed(session)

        monkeypatch.setattr(there.hub, "_claimed", late)
        earlier = asyncio.create_task(there.hub.resume(client.resume()))
        while there.hub._claimed is late:  # noqa: ASYNC110
            await asyncio.sleep(0)
        later = await there.resume(client)
        wait.set()
        assert (await Client(await earlier).bye()).close == 4409
        assert not later.seat.lost
        await say_from(later, TALK)
        await later.send(Finish())
        assert await later.bye() == Bye("finished")


async def test_who_watches_sees_nothing_twice_where_redis_was_away() -> None:
    said: list[Item] = [Numbered(n, 1, Gap(start=0, end=n, reason=AWAY)) for n in (1, 2)]
    ended = Numbered(3, 1, Ended(reason="finished", duration=0))
    away = RedisError("away"), DiskError("no library")
    reads: list[Read | Exception] = [Read(said), *away, Read([ended], over=True)]

    class Log:
        async def read(self, _session: str, _since: Read) -> Read:
            found = reads.pop(0)
            if isinstance(found, Exception):
                raise found
            return found

    async def live(_session: str) -> bool:
        return True

    watched: Any = mirror.Mirror(Log(), "s", live)  # type: ignore[arg-type]
    assert [item async for item in watched.watch(0, lambda: False)] == [*said, ended]
