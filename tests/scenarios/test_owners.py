"""Two owners on one real server: neither sees that the other is there."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from socketio import AsyncClient
from websockets.asyncio.client import connect

from tests.server.conftest import wav
from vivavoce.engines.fake import say
from vivavoce.library.keys import id_of
from vivavoce.testing.keys import library_key
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.wire import Message, open_wire

pytestmark = pytest.mark.anyio

Launch = Callable[..., ServerProcess]


@dataclass
class Somebody:
    key: str
    http: httpx2.AsyncClient

    async def get(self, path: str, **params: str) -> Any:
        return (await self.http.get(path, params=params)).json()


@dataclass
class Two:
    server: ServerProcess
    ada: Somebody
    bob: Somebody


@pytest.fixture
async def two(launch: Launch) -> AsyncIterator[Two]:
    server = launch(engine="scripted", hosts=1, auth="keys", grace_s=60)
    async with AsyncExitStack() as stack:

        async def somebody(owner: str) -> Somebody:
            key = await library_key(server.data_dir, owner=owner)
            http = httpx2.AsyncClient(
                base_url=f"{server.url}api/v1",
                headers={"Authorization": f"Bearer {key}"},
                timeout=120,
                trust_env=False,
            )
            return Somebody(key, await stack.enter_async_context(http))

        yield Two(server, await somebody("ada"), await somebody("bob"))


async def test_what_was_recorded_is_its_makers(two: Two) -> None:
    talk = wav(say("alfa", "bravo"))
    made = await two.ada.http.post("/recordings?wait=true&title=Mine", content=talk)
    id = made.json()["id"]
    tagged = await two.ada.http.patch(f"/recordings/{id}", json={"tags": ["secret"]})
    assert tagged.status_code == 200, tagged.text
    await _finds_nothing(two.bob)
    await _cannot_touch(two.bob, id)
    forms = two.server.url, {"filename": f"{id}.wav"}
    deleted = await two.bob.http.post(f"{forms[0]}delete-recording", data=forms[1])
    assert deleted.status_code == 400
    page = await two.bob.http.get(f"{two.server.url}list-audio")
    assert (page.status_code, id in page.text) == (200, False)
    found = await two.ada.get("/recordings")
    assert [row["id"] for row in found["items"]] == [id]
    assert (await two.ada.http.get(f"/recordings/{id}/audio")).content
    assert (await two.ada.get("/search", q="alfa"))["items"] != []


async def _finds_nothing(bob: Somebody) -> None:
    assert (await bob.get("/recordings"))["items"] == []
    assert (await bob.get("/recordings", q="alfa"))["items"] == []
    assert (await bob.get("/search", q="alfa"))["items"] == []
    assert (await bob.get("/tags"))["items"] == []
    assert (await bob.get("/usage"))["engines"] == []
    table = await bob.http.get("/transcripts.csv")
    assert len(table.text.splitlines()) <= 1


async def _cannot_touch(bob: Somebody, id: str) -> None:
    """Every route that is about one recording, as the server itself lists them."""
    document = (
        await bob.http.get(str(bob.http.base_url).replace("/api/v1/", "/openapi.json"))
    ).json()
    tried = 0
    for path, methods in document["paths"].items():
        if not path.startswith("/api/v1/recordings/{id}"):
            continue
        for method in methods:
            asked = path.removeprefix("/api/v1").replace("{id}", id).replace("{sid}", id)
            answer = await bob.http.request(method, asked, json={})
            assert answer.status_code == 404, f"{method} {path}: {answer.text}"
            tried += 1
    assert tried > 15


async def test_what_is_live_is_its_speakers(two: Two) -> None:
    async with open_wire(two.server.url, key=two.ada.key) as speaking:
        ready = await speaking.start()
        await speaking.frame(0, say("alfa").tobytes())
        await speaking.until("ack", frame=0)
        id = ready["session"]
        assert await _refused(two, ready) == 4410
        answers = [
            await two.bob.http.get(f"/recordings/{id}/events"),
            await two.bob.http.get(f"/recordings/{id}"),
            await two.bob.http.delete(f"/recordings/{id}"),
            await two.bob.http.post(f"/recordings/{id}/markers", json={"at": 0}),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert (await two.bob.get("/recordings"))["items"] == []
        over_http = await two.bob.http.post("/live", content=_resume(ready))
        assert over_http.status_code == 410
        token = {"Authorization": f"Bearer {ready['token']}", "X-Api-Key": two.bob.key}
        control = await two.bob.http.post(
            f"/live/{id}/control", content='{"type":"finish"}', headers=token
        )
        assert control.status_code == 410
        await speaking.frame(1, say("bravo").tobytes())  # nothing of that was noticed
        await speaking.say(type="finish")
        assert await speaking.closed() == 1000
    assert " ".join(speaking.finals) == "alfa bravo"
    assert [row["id"] for row in (await two.ada.get("/recordings"))["items"]] == [id]


async def _refused(two: Two, ready: Message) -> int:
    async with open_wire(two.server.url, key=two.bob.key) as stranger:
        await stranger.say(**json.loads(_resume(ready)))
        return await stranger.closed()


def _resume(ready: Message) -> str:
    known = {name: ready[name] for name in ("session", "token", "epoch")}
    return json.dumps({"type": "resume", **known, "after": 0})


async def test_a_revoked_key_ends_what_it_opened(two: Two) -> None:
    """Within seconds, though it is revoked by another process; the session itself is not lost."""
    async with open_wire(two.server.url, key=two.ada.key) as speaking:
        ready = await speaking.start()
        await speaking.frame(0, say("alfa").tobytes())
        await speaking.until("ack", frame=0)
        stream = two.ada.http.stream("GET", f"/recordings/{ready['session']}/events")
        async with stream as events:
            reading = asyncio.create_task(_read(events))
            await _revoke(two.server, two.ada.key)
            assert await speaking.closed() == 4401
            await reading
    answer = await two.ada.http.get("/recordings")
    assert (answer.status_code, "revoked" in answer.text) == (401, True)
    assert (await two.bob.http.get("/recordings")).status_code == 200
    key = await library_key(two.server.data_dir, owner="ada")
    async with open_wire(two.server.url, key=key) as again:
        assert (await again.resume(ready))["next_frame"] == 1
        await again.say(type="finish")
        assert await again.closed() == 1000
    assert two.ada.key not in two.server.log


async def test_whatever_it_was_that_was_open(two: Two) -> None:
    """By another protocol, in the middle of an upload, without a word said so far."""
    ada, gone = two.ada, asyncio.Event()
    shown = {"Authorization": f"Bearer {ada.key}"}
    url = two.server.url.replace("http", "ws", 1)
    socket = AsyncClient(reconnection=False)
    socket.on("disconnect", lambda _reason=None: gone.set())
    async with (
        connect(f"{url}v1/realtime", additional_headers=shown) as openai,
        connect(f"{url}ws/echo", additional_headers=shown) as echo,
        connect(f"{url}api/v1/live", additional_headers=shown) as silent,
    ):
        await socket.connect(two.server.url, auth={"token": ada.key})
        begun, over = asyncio.Event(), asyncio.Event()
        sound = _sound(begun, over)
        uploading = asyncio.create_task(ada.http.post("/recordings", content=sound))
        await begun.wait()
        await _revoke(two.server, ada.key)
        for line in (openai, echo, silent):
            await line.wait_closed()
        await gone.wait()
        over.set()
        answer = await uploading
    assert [openai.close_code, echo.close_code, silent.close_code] == [3000, 4401, 4401]
    assert (answer.status_code, "revoked" in answer.text) == (401, True)
    assert (await two.bob.http.get("/recordings")).status_code == 200


async def _sound(begun: asyncio.Event, over: asyncio.Event) -> AsyncIterator[bytes]:
    yield wav(say("alfa"))
    begun.set()
    await over.wait()
    yield bytes(3200)


async def _read(events: httpx2.Response) -> None:
    """To the end, which is a proper one."""
    async for _ in events.aiter_bytes():
        pass


async def _revoke(server: ServerProcess, key: str) -> None:
    command = ["-m", "vivavoce", "keys", "revoke", id_of(key) or ""]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, "--data-dir", str(server.data_dir)
    )
    assert await process.wait() == 0


async def test_what_was_recorded_without_keys_stays_the_local_ones(launch: Launch) -> None:
    """A server that begins to ask for keys: `--owner local` reads what there was."""
    server = launch(engine="scripted", hosts=1)
    async with httpx2.AsyncClient(base_url=f"{server.url}api/v1", timeout=120) as http:
        made = await http.post("/recordings?wait=true", content=wav(say("alfa")))
    server.stop()
    asking = launch(engine="scripted", hosts=1, auth="keys")
    seen = {}
    for owner in ("local", "ada"):
        key = await library_key(asking.data_dir, owner=owner)
        shown = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(base_url=f"{asking.url}api/v1", headers=shown) as http:
            seen[owner] = [row["id"] for row in (await http.get("/recordings")).json()["items"]]
    assert seen == {"local": [made.json()["id"]], "ada": []}
