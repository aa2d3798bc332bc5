"""Links by which a recording is read: what they open, to whom, and for how long."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

import httpx2
import pytest

from vivavoce.core.commands import Audio, Finish, Options, Start
from vivavoce.core.errors import DiskError
from vivavoce.core.events import AnyEvent, EngineSwitched, Marker, Speaker, Warning
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.library.shares import MOST, Share
from vivavoce.live.seat import Seat
from vivavoce.server.rest.doors import Doors
from vivavoce.server.rest.shares import SOMEBODY
from vivavoce.server.services import Services
from vivavoce.telemetry.logs import _without_keys

pytestmark = pytest.mark.anyio
LINKED = ("", "/events", "/audio")


@pytest.fixture
async def live(parts: Services) -> Seat:
    options = Options(title="A talk <b>")
    return await parts.hub.start(Start(AudioFormat("pcm_f32le"), options))


@pytest.fixture
async def pages(http: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """The same application, from its root."""
    transport = http._transport
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def upload(http: httpx2.AsyncClient, talk: bytes) -> str:
    answer = await http.post("/recordings?wait=true", content=talk)
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


async def share(http: httpx2.AsyncClient, recording: str, **wish: Any) -> dict[str, Any]:
    answer = await http.post(f"/recordings/{recording}/shares", json=wish)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def expired(parts: Services, recording: str) -> str:
    """The token of a link whose time was over a moment ago."""
    now = datetime.now(UTC)
    _, token = await parts.shares.create(
        "local", recording, now - timedelta(hours=1), now - timedelta(seconds=1), audio=True
    )
    return token


def told(text: str) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data")]
    return [json.loads(line) for line in lines]


async def test_a_link_opens_a_recording_to_who_has_it(
    http: httpx2.AsyncClient, pages: httpx2.AsyncClient, talk: bytes
) -> None:
    recording = await upload(http, talk)
    made = await share(http, recording, audio=True)
    assert made["url"] == f"http://test/s/{made['token']}"
    assert made["captions_url"] == f"http://test/captions/{made['token']}"

    about = await http.get(f"/shared/{made['token']}")
    events = await http.get(f"/shared/{made['token']}/events")
    audio = await http.get(f"/shared/{made['token']}/audio", headers={"Range": "bytes=0-3"})

    assert about.json()["state"] == "done"
    assert about.json()["audio"] is True
    finals = [e["event"]["text"] for e in told(events.text) if e["event"]["type"] == "final"]
    assert finals == ["alfa bravo", "charlie"]
    assert (audio.status_code, audio.content) == (206, b"RIFF")
    for name in ("s", "captions"):
        page = await pages.get(f"/{name}/{made['token']}")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["referrer-policy"] == "no-referrer"
    for answer in (about, events, audio, page):
        assert answer.headers["cache-control"] == "no-store"
        assert recording not in answer.text + str(answer.headers), "a link leads no further"


async def test_the_audio_is_shared_only_where_that_was_wished(
    http: httpx2.AsyncClient, talk: bytes
) -> None:
    made = await share(http, await upload(http, talk))
    answer = await http.get(f"/shared/{made['token']}/audio")
    assert answer.status_code == 404
    assert "not shared" in answer.json()["error"]["message"]


async def test_a_link_lives_a_week_unless_somebody_says_how_long(
    http: httpx2.AsyncClient, talk: bytes
) -> None:
    recording = await upload(http, talk)
    for wish, lives in (
        ({}, 7 * 86400),
        ({"expires_in": None}, 7 * 86400),
        ({"expires_in": 60}, 60),
    ):
        made = await share(http, recording, **wish)
        times = (datetime.fromisoformat(made[at]) for at in ("created_at", "expires_at"))
        created, expires = times
        assert (expires - created).total_seconds() == lives
    for wrong in (59, 366 * 86400, -1, "soon"):
        answer = await http.post(f"/recordings/{recording}/shares", json={"expires_in": wrong})
        assert answer.status_code == 422
        assert "expires_in" in answer.json()["error"]["message"]


@pytest.mark.parametrize("rest", LINKED)
async def test_what_expired_or_never_was_says_so(
    http: httpx2.AsyncClient, parts: Services, talk: bytes, rest: str
) -> None:
    token = await expired(parts, await upload(http, talk))
    over = await http.get(f"/shared/{token}{rest}")
    assert (over.status_code, over.json()["error"]["code"]) == (410, "expired")
    assert "expired" in over.json()["error"]["message"]
    for other in ("x" * 32, "x" * 5000, "..%2F..", "%00"):
        answer = await http.get(f"/shared/{other}{rest}")
        assert answer.status_code == 404
        assert other not in answer.text


async def test_the_pages_of_a_link_that_does_not_hold_are_a_sentence(
    http: httpx2.AsyncClient, pages: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    token = await expired(parts, await upload(http, talk))
    for name in ("s", "captions"):
        for wrong, status in ((token, 410), ("x" * 32, 404)):
            page = await pages.get(f"/{name}/{wrong}")
            assert page.status_code == status
            assert "does not open anything" in page.text
            assert wrong not in page.text


async def test_links_are_listed_without_their_tokens_and_withdrawn(
    http: httpx2.AsyncClient, talk: bytes
) -> None:
    recording = await upload(http, talk)
    made = [await share(http, recording) for _ in range(2)]

    listed = (await http.get(f"/recordings/{recording}/shares")).json()["items"]
    assert [one["id"] for one in listed] == [one["id"] for one in reversed(made)]
    assert all("token" not in one for one in listed)

    assert (await http.delete(f"/shares/{made[0]['id']}")).status_code == 204
    assert (await http.get(f"/shared/{made[0]['token']}")).status_code == 404
    assert (await http.get(f"/shared/{made[1]['token']}")).status_code == 200
    assert (await http.delete(f"/shares/{made[0]['id']}")).status_code == 404


async def test_a_deleted_recording_is_gone_for_its_readers(
    http: httpx2.AsyncClient, talk: bytes
) -> None:
    recording = await upload(http, talk)
    made = await share(http, recording)
    await http.delete(f"/recordings/{recording}")
    assert (await http.get(f"/shared/{made['token']}")).status_code == 404


async def test_what_lies_in_the_bin_is_not_shared_until_it_is_restored(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    recording = await upload(http, talk)
    made = await share(http, recording)
    await parts.repository.bin("local", recording, datetime.now(UTC))
    assert (await http.get(f"/shared/{made['token']}")).status_code == 404
    await parts.repository.bin("local", recording, None)
    assert (await http.get(f"/shared/{made['token']}")).status_code == 200


async def test_who_follows_is_told_of_later_corrections(
    http: httpx2.AsyncClient, remote: httpx2.AsyncClient, talk: bytes
) -> None:
    recording = await upload(http, talk)
    made = await share(http, recording)
    edit = {"utterance": "u1", "text": "Alpha, bravo!", "base_revision": 0}
    async with remote.stream("GET", f"/shared/{made['token']}/events?follow=true") as answer:
        async for line in answer.aiter_lines():
            if line == "event: ended":
                await http.post(f"/recordings/{recording}/edits", json={"edits": [edit]})
            elif line.startswith("data: ") and '"edited"' in line:
                event = json.loads(line.removeprefix("data: "))["event"]
                break
    assert event["text"] == "Alpha, bravo!"
    assert event["actor"] == SOMEBODY


async def test_readers_are_not_told_who_says_it_nor_what_troubles_the_server(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    recording = await upload(http, talk)
    said: list[AnyEvent] = [
        Speaker(id="u1", speaker="S1", actor="ada@example.org"),
        Speaker(id="u2", speaker="S2"),
        Marker(at=0, label="Here", actor="ada@example.org"),
        Warning(code="language_model", message="See llm_base_url."),
        EngineSwitched(at=0, previous="a", engine="b", reason="Its key is refused."),
    ]
    await parts.annotations.add("local", recording, lambda _: said)
    made = await share(http, recording)

    events = [e["event"] for e in told((await http.get(f"/shared/{made['token']}/events")).text)]
    speaker, machine, marker, warning, switched = events[-5:]

    assert (speaker["speaker"], speaker["actor"]) == ("S1", SOMEBODY)
    assert machine["actor"] is None
    assert (marker["label"], marker["actor"]) == ("Here", SOMEBODY)
    assert (warning["code"], warning["message"]) == ("language_model", "")
    assert (switched["engine"], switched["reason"]) == ("b", "")


async def test_a_link_ends_in_time_though_nobody_can_look_after_it() -> None:
    now = datetime.now(UTC)
    ends = now + timedelta(seconds=0.2)
    link = Share(id="s", owner="o", recording="r", created_at=now, expires_at=ends, audio=False)

    async def holding(asked: Collection[str]) -> Collection[str]:
        assert list(asked) == ["s"]
        raise next(trouble)

    trouble = cycle([DiskError("It is full."), RuntimeError("unforeseen")])
    async with Doors(holding, every=0.01).reading(link) as closed:
        await closed


async def test_one_look_is_for_all_links_and_there_is_none_when_nobody_reads() -> None:
    now = datetime.now(UTC)
    links = [
        Share(
            id=id,
            owner="o",
            recording="r",
            created_at=now,
            expires_at=now + timedelta(hours=1),
            audio=False,
        )
        for id in ("kept", "withdrawn")
    ]
    looks: list[set[str]] = []

    async def holding(asked: Collection[str]) -> Collection[str]:
        looks.append(set(asked))
        return {"kept"}

    doors = Doors(holding, every=0.01)
    for _ in range(2):  # the second time after nobody read
        looks.clear()
        async with doors.reading(links[0]) as kept, doors.reading(links[1]) as withdrawn:
            await withdrawn
            assert not kept.done()
            assert looks[0] == {"kept", "withdrawn"}
        assert doors._looking is None


async def test_there_are_only_so_many_links(http: httpx2.AsyncClient, talk: bytes) -> None:
    recording = await upload(http, talk)
    for _ in range(MOST):
        await share(http, recording)
    answer = await http.post(f"/recordings/{recording}/shares", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many")


async def test_a_reader_comes_late_catches_up_and_goes_on(
    http: httpx2.AsyncClient, remote: httpx2.AsyncClient, live: Seat
) -> None:
    made = await share(http, live.ready.session)
    await live.send(Audio(0, say("alfa", "bravo").tobytes()))
    await live.send(Audio(1, silence(1).tobytes()))
    found: list[dict[str, Any]] = []
    async with remote.stream("GET", f"/shared/{made['token']}/events") as answer:
        async for line in answer.aiter_lines():
            if not line.startswith("data: "):
                continue
            item = json.loads(line.removeprefix("data: "))
            event = item.get("event", {"type": "interim"})
            found.append(event)
            if event["type"] == "final" and event["text"] == "alfa bravo":
                await live.send(Audio(2, say("charlie", "delta").tobytes()))
                await live.send(Finish())
    assert [e["text"] for e in found if e["type"] == "final"] == ["alfa bravo", "charlie delta"]
    assert found[0]["type"] == "started"
    assert found[0]["session"] == ""
    assert found[-1]["type"] == "ended"


@pytest.mark.parametrize("how", ["withdrawn", "expired", "deleted"])
async def test_an_open_stream_ends_with_its_link(
    http: httpx2.AsyncClient,
    remote: httpx2.AsyncClient,
    parts: Services,
    live: Seat,
    how: str,
) -> None:
    recording, now = live.ready.session, datetime.now(UTC)
    lives = timedelta(seconds=3 if how == "expired" else 3600)
    made, token = await parts.shares.create("local", recording, now, now + lives, audio=False)
    async with remote.stream("GET", f"/shared/{token}/events") as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "id: 1"
        if how == "withdrawn":
            await http.delete(f"/shares/{made.id}")
        elif how == "deleted":
            await http.delete(f"/recordings/{recording}")
        rest = [line async for line in lines]
    assert [line for line in rest if line.startswith("event: ended")] == (
        ["event: ended"] if how == "deleted" else []
    )
    assert (await http.get(f"/shared/{token}")).status_code in (404, 410)


async def test_a_link_withdrawn_in_another_process_closes_here_soon(
    remote: httpx2.AsyncClient, parts: Services, live: Seat
) -> None:
    now = datetime.now(UTC)
    made, token = await parts.shares.create(
        "local", live.ready.session, now, now + timedelta(hours=1), audio=False
    )
    async with remote.stream("GET", f"/shared/{token}/events") as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        await parts.shares.withdraw("local", made.id)  # and nobody here is told
        async with asyncio.timeout(60):
            async for _ in lines:
                pass


@pytest.mark.parametrize("path", ["/s/%s", "/captions/%s?size=40", "/api/v1/shared/%s/events"])
def test_tokens_are_not_logged(path: str) -> None:
    args = ("127.0.0.1:1", "GET", path % "secret-token_1", "1.1", 200)
    record = logging.LogRecord("uvicorn.access", 20, "", 0, '%s - "%s %s HTTP/%s" %d', args, None)
    assert _without_keys(record)
    assert "secret" not in record.getMessage()
    assert record.getMessage().endswith("200")
