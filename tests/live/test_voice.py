"""Spoken commands in sessions as they run, end, break and are played again.

The scripted engine hears no English, so here the phrases are in a language of its own words.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import numpy as np
import pytest

from vivavoce.core.commands import Configure, Finish, Options
from vivavoce.core.events import AnyEvent, Edited, Ended, Marker, Numbered
from vivavoce.core.spoken import ACTOR, PARAGRAPH, PHRASES
from vivavoce.core.transcript import fold
from vivavoce.dialects.base import Bye
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.testing.clock import virtual_time

pytestmark = pytest.mark.anyio
Serve = Callable[..., AbstractAsyncContextManager[Any]]
ON = Options(voice_commands=True, language="tlh")
PAUSE = silence(0.8)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time()


@pytest.fixture(autouse=True)
def phrases(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {
        "paragraph": ("zulu yankee",),
        "scratch": ("zulu xray",),
        "marker": ("zulu whiskey",),
        "stop": ("zulu victor",),
    }
    monkeypatch.setitem(PHRASES, "tlh", own)


def spoken(*utterances: tuple[str, ...]) -> Pcm:
    return np.concatenate([part for words in utterances for part in (say(*words), PAUSE)])


TALK = spoken(
    ("alfa",), ("zulu", "yankee"), ("bravo",), ("charlie",), ("zulu", "xray"), ("zulu", "whiskey")
)


def of_voice(events: list[AnyEvent]) -> list[AnyEvent]:
    return [event for event in events if getattr(event, "actor", None) == ACTOR]


async def test_they_do_what_they_say_and_do_not_stay_in_the_text(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start(ON)
        await client.say(TALK)
        await client.send(Finish())
        await client.bye()
        kept = await server.repository.transcript("local", client.session)
        assert kept.text == "alfa\nbravo"
        assert [marker.label for marker in kept.markers] == [PARAGRAPH, ""]
        alfa, bravo = kept.utterances
        assert alfa.end <= kept.markers[0].at <= bravo.start
        assert [event.text for event in client.finals][1] == "zulu yankee", "finals are canonical"


async def test_they_are_off_unless_asked_for(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start(Options(language="tlh"))
        await client.say(TALK)
        await client.send(Finish())
        await client.bye()
        assert of_voice(client.events) == []
        assert "zulu yankee" in fold(client.events).text


async def test_they_may_be_switched_on_and_off_in_between(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start(Options(language="tlh"))
        await client.say(spoken(("zulu", "yankee")))
        await client.send(Configure(voice_commands=True))
        await client.say(spoken(("zulu", "yankee")))
        await client.send(Configure(voice_commands=False))
        await client.say(spoken(("zulu", "yankee")))
        await client.send(Finish())
        await client.bye()
        assert [type(event) for event in of_voice(client.events)] == [Edited, Marker]
        assert fold(client.events).text == "zulu yankee\nzulu yankee"
        assert of_voice(client.events)[0].id == "u2"  # type: ignore[union-attr]


async def test_stop_ends_the_session_and_what_is_on_its_way_is_no_trouble(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start(ON)
        await client.say(spoken(("alfa",), ("zulu", "victor")))
        for _ in range(400):  # the microphone goes on until the client has heard of the end
            if client.listening.done():
                break
            await client.say(silence(0.1))
            await asyncio.sleep(0.1)
        await client.send(Finish())
        assert await client.bye() == Bye("finished")
        assert isinstance(client.events[-1], Ended)
        assert (await server.repository.transcript("local", client.session)).text == "alfa"


@pytest.mark.parametrize("lost", range(5))
async def test_what_a_crash_left_undone_is_done_once(serve: Serve, lost: int) -> None:
    """The log lacks the last lines that a killed server would have written."""
    async with serve() as server:
        client = await server.start(ON)
        await client.say(spoken(("alfa",), ("bravo",), ("zulu", "xray")))
        await client.until(lambda a: isinstance(a, Numbered) and of_voice([a.event]) != [])
        path = server.data / "live" / client.session / "events"
        await server.crash()
    lines = path.read_bytes().splitlines(keepends=True)
    last = max(i for i, line in enumerate(lines) if b'"zulu xray"' in line and b"final" in line)
    path.write_bytes(b"".join(lines[: last + 1 + min(lost, len(lines) - last - 1)]))
    async with serve() as server:
        again = await server.resume(client, after=0)
        await again.send(Finish())
        await again.bye()
        assert fold(again.events).text == "alfa"
        struck = [event.id for event in of_voice(again.events) if isinstance(event, Edited)]
        assert sorted(struck) == ["u2", "u3"]


async def test_who_asked_is_told_of_commands(serve: Serve) -> None:
    async with serve() as server:
        told: list[Any] = []
        server.hub._opener.news.mention = lambda *about, **data: told.append((about[1:], data))
        client = await server.start(ON)
        await client.say(spoken(("zulu", "whiskey")))
        await client.send(Finish())
        await client.bye()
    spoken_of = [one for one in told if one[0][0] == "command.spoken"]
    ((about, data),) = spoken_of
    assert about == ("command.spoken", client.session)
    assert data["command"] == "marker"
    assert json.dumps(data)
