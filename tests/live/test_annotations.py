"""What people say of a recording while it goes on, at its end, and after."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import pytest

from tests.live.conftest import Client, Server
from vivavoce.core.commands import Finish, Mark
from vivavoce.core.errors import DiskError, Draining, Held, NotFound, PeerError, TooLarge
from vivavoce.core.events import AnyEvent, Edited, Ended, Marker, Named, Numbered, Speaker
from vivavoce.core.transcript import Transcript, fold
from vivavoce.engines.fake import say, silence
from vivavoce.live import annotations as module
from vivavoce.live.annotations import Annotations

pytestmark = pytest.mark.anyio

Serve = Callable[..., AbstractAsyncContextManager[Server]]


def annotations(server: Server) -> Annotations:
    return Annotations(server.hub, server.repository)


def marking(label: str) -> Callable[[Transcript], Sequence[AnyEvent]]:
    return lambda _: [Marker(at=0, label=label, actor="ada")]


async def spoken(server: Server) -> Client:
    """A session in which `alfa bravo` is final."""
    client = await server.start()
    await client.say(say("alfa", "bravo"))
    await client.say(silence(1))
    await client.final("alfa bravo")
    return client


def editing(text: str, *, base: int = 0) -> Callable[[Transcript], Sequence[AnyEvent]]:
    return lambda _: [Edited(id="u1", actor="ada", base_revision=base, text=text)]


async def log(server: Server, session: str) -> list[Numbered]:
    return [one async for one in server.repository.events("local", session)]


async def test_a_live_session_takes_it_among_its_own_events(serve: Serve) -> None:
    async with serve() as server:
        client = await spoken(server)
        seen: list[Transcript] = []

        def make(transcript: Transcript) -> Sequence[AnyEvent]:
            seen.append(transcript)
            return editing("alfa beta")(transcript)

        (said,) = await annotations(server).add("local", client.session, make)
        assert seen[0].text == "alfa bravo"
        assert seen[0] == fold(e.event for e in client.numbered if e.n < said.n)
        await client.until(lambda answer: answer == said)
        await client.say(say("charlie"))
        await client.send(Finish())
        await client.bye()
        kept = await log(server, client.session)
        assert kept == client.numbered
        assert [one.n for one in kept] == list(range(1, len(kept) + 1))
        found = await server.repository.transcript("local", client.session)
        assert found.text == "alfa beta\ncharlie"


async def test_nothing_comes_between_the_look_and_the_word(serve: Serve) -> None:
    async with serve() as server:
        client = await spoken(server)
        adding = annotations(server)

        def make(transcript: Transcript) -> Sequence[AnyEvent]:
            (utterance,) = transcript.utterances
            text, base = f"{utterance.text} x", utterance.revision
            return [Edited(id="u1", actor="ada", base_revision=base, text=text)]

        await asyncio.gather(*(adding.add("local", client.session, make) for _ in range(20)))
        await client.send(Finish())
        await client.bye()
        found = await server.repository.transcript("local", client.session)
        assert found.utterances[0].revision == 20
        assert found.text == "alfa bravo" + " x" * 20


async def test_who_refuses_having_seen_it_has_said_nothing(serve: Serve) -> None:
    async with serve() as server:
        client = await spoken(server)

        def make(_: Transcript) -> Sequence[AnyEvent]:
            raise PeerError("No.")

        with pytest.raises(PeerError, match="No"):
            await annotations(server).add("local", client.session, make)
        assert await annotations(server).add("local", client.session, lambda _: []) == []
        with pytest.raises(NotFound):
            await annotations(server).add("you", client.session, marking("x"))
        with pytest.raises(NotFound):
            await annotations(server).add("local", "0" * 26, marking("x"))


@pytest.mark.parametrize("seed", range(4))
async def test_a_power_cut_takes_nothing_that_was_answered(serve: Serve, seed: int) -> None:
    """Nor does what was said disturb the session that is taken up: not its ids, not its marks."""
    async with serve() as server:
        client = await spoken(server)
        await client.send(Mark("one"))
        adding = annotations(server)
        await adding.add("local", client.session, editing("alfa beta"))
        await adding.add("local", client.session, marking("by hand"))
        await adding.add("local", client.session, marking("by hand again"))
        speaker: list[AnyEvent] = [
            Speaker(id="u1", speaker="S1", actor="ada"),
            Named(speaker="S1", name="Ada"),
        ]
        await adding.add("local", client.session, lambda _: speaker)
        await client.acknowledged()
        await server.crash()
        server.disk.power_cut(seed)
    async with serve() as server:
        again = await server.resume(client)
        await annotations(server).add("local", client.session, editing("alfa gamma", base=1))
        await again.send(Mark("two"))
        await again.say(say("charlie"))
        await again.send(Finish())
        await again.bye()
        found = await server.repository.transcript("local", client.session)
        assert found.text == "alfa gamma\ncharlie"
        assert [u.id for u in found.utterances] == ["u1", "u2"]
        assert (found.utterances[0].speaker, found.names) == ("S1", {"S1": "Ada"})
        labels = sorted(marker.label for marker in found.markers)
        assert labels == ["by hand", "by hand again", "one", "two"]


async def test_what_comes_while_the_session_is_put_away_waits_for_it(serve: Serve) -> None:
    async with serve() as server:
        client = await spoken(server)
        adding = annotations(server)
        async with server.repository.tables.write():  # the library is busy
            await client.send(Finish())
            await client.until(lambda a: isinstance(a, Numbered) and isinstance(a.event, Ended))
            late = asyncio.create_task(adding.add("local", client.session, editing("late")))
            await asyncio.sleep(0)
        (said,) = await late
        kept = await log(server, client.session)
        assert isinstance(kept[-2].event, Ended)
        assert kept[-1] == said
        assert (await server.repository.transcript("local", client.session)).text == "late"


async def test_at_the_end_each_goes_one_way_or_the_other(serve: Serve) -> None:
    async with serve() as server:
        client = await spoken(server)
        adding = annotations(server)
        over = False

        async def keep_adding(who: int) -> list[str]:
            labels: list[str] = []
            for last in (False, True):
                while last or not over:
                    label = f"{who} {len(labels)}"
                    await adding.add("local", client.session, marking(label))
                    labels.append(label)
                    if last:
                        break
            return labels

        busy = [asyncio.create_task(keep_adding(who)) for who in range(6)]
        await client.send(Finish())
        await client.bye()
        over = True
        answered = [label for labels in await asyncio.gather(*busy) for label in labels]
        kept = await log(server, client.session)
        assert [one.n for one in kept] == list(range(1, len(kept) + 1))
        labels = [one.event.label for one in kept if isinstance(one.event, Marker)]
        assert sorted(labels) == sorted(answered)
        ended = next(i for i, one in enumerate(kept) if isinstance(one.event, Ended))
        assert ended < len(kept) - 1, "none came after the end"
        found = await server.repository.transcript("local", client.session)
        assert found == fold(one.event for one in kept)


async def test_a_session_of_another_process_is_not_ours_to_speak_of(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOKS", 2)
    async with serve() as here, serve() as there:
        client = await spoken(here)
        with pytest.raises(Held, match="Another process of this server has the session"):
            await annotations(there).add("local", client.session, marking("x"))
        await client.send(Finish())
        await client.bye()
        await annotations(there).add("local", client.session, marking("x"))


async def test_a_server_that_stops_says_so(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOKS", 2)
    async with serve() as server:
        client = await spoken(server)
        await server.hub.drain(0)
        await client.bye()
        with pytest.raises(Draining):
            await annotations(server).add("local", client.session, marking("x"))


async def test_on_a_full_disk_nothing_is_said(serve: Serve) -> None:
    async with serve() as server:
        client = await spoken(server)
        server.disk.room = 0
        with pytest.raises(DiskError):
            await annotations(server).add("local", client.session, marking("lost"))
        server.disk.room = None
        await annotations(server).add("local", client.session, marking("kept"))
        await client.send(Finish())
        await client.bye()
        found = await server.repository.transcript("local", client.session)
        assert [marker.label for marker in found.markers] == ["kept"]


async def test_a_failed_fsync_is_no_answer(serve: Serve) -> None:
    async with serve() as server:
        client = await spoken(server)
        await client.acknowledged()
        server.disk.failing_syncs = 1
        with pytest.raises(DiskError):
            await annotations(server).add("local", client.session, editing("alfa beta"))
        await annotations(server).add("local", client.session, marking("kept"))
        await client.send(Finish())
        await client.bye()


async def test_there_is_an_end_to_it(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve() as server:
        client = await spoken(server)
        monkeypatch.setattr(module, "MOST", len(client.numbered))
        with pytest.raises(TooLarge, match=client.session):
            await annotations(server).add("local", client.session, marking("x"))


async def test_who_follows_hears_what_is_said_later(serve: Serve) -> None:
    async with serve() as server:
        client = await spoken(server)
        await client.send(Finish())
        await client.bye()
        adding = annotations(server)
        last = len(await log(server, client.session))
        following = adding.more("local", client.session, last)
        upcoming = asyncio.ensure_future(anext(following))
        await adding.add("local", client.session, marking("x"))
        assert (await upcoming).n == last + 1
        upcoming = asyncio.ensure_future(anext(following))
        await asyncio.sleep(0)
        adding.close()
        with pytest.raises(StopAsyncIteration):
            await upcoming
        assert not adding._followed


async def test_what_another_process_says_is_heard_by_all_and_looked_for_by_one(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ELSEWHERE", 0.05)
    async with serve() as here, serve() as there:
        client = await spoken(here)
        await client.send(Finish())
        await client.bye()
        last = len(await log(here, client.session))
        adding = annotations(here)
        following = [adding.more("local", client.session, last) for _ in range(5)]
        upcoming = [asyncio.ensure_future(anext(each)) for each in following]
        (said,) = await annotations(there).add("local", client.session, marking("x"))
        assert await asyncio.gather(*upcoming) == [said] * 5
        upcoming = [asyncio.ensure_future(anext(each)) for each in following]
        await there.repository.delete("local", client.session)
        gone = await asyncio.gather(*upcoming, return_exceptions=True)
        assert [type(each) for each in gone] == [NotFound] * 5
