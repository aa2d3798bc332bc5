"""Two real servers that share sessions: what people notice of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from vivavoce.core.commands import Audio
from vivavoce.dialects.native_messages import pack_frame
from vivavoce.engines.fake import say, silence
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.redis_server import RedisServer
from vivavoce.testing.sse import messages
from vivavoce.testing.wire import FLOAT, open_wire

pytestmark = pytest.mark.anyio

Two = tuple[ServerProcess, ServerProcess]


@pytest.fixture
def two(launch: Callable[..., ServerProcess], redis: RedisServer) -> Two:
    """On one volume."""
    shared = {"engine": "scripted", "hosts": 1, "redis_url": redis.url}
    return launch(**shared), launch(**shared)


def http(server: ServerProcess) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=server.url, timeout=60, trust_env=False)


async def test_who_watches_at_one_sees_who_speaks_at_another(two: Two) -> None:
    one, other = two
    async with open_wire(one.url) as wire, http(other) as there:
        ready = await wire.start()
        seen: list[Any] = []

        async def watch() -> None:
            seen.extend([message async for message in messages(there, ready["session"])])

        watching = asyncio.create_task(watch())
        await wire.frame(0, say("alfa", "bravo").tobytes())
        await wire.frame(1, silence(1).tobytes())
        await wire.until("event")
        for frame in range(2, 12):
            await wire.frame(frame, say("charlie").tobytes())
            await wire.until("ack", frame=frame)
        await wire.say(type="finish")
        assert await wire.closed() == 1000
        await watching
        finals = [message.data["event"]["text"] for message in seen if message.type == "final"]
        assert finals == wire.finals
        assert any(message.type == "interim" for message in seen)


async def test_a_live_session_is_edited_at_whichever_server(two: Two) -> None:
    one, other = two
    async with open_wire(one.url) as wire, http(one) as here, http(other) as there:
        ready = await wire.start()
        await wire.frame(0, say("alfa", "bravo").tobytes())
        await wire.say(type="flush")
        final = await wire.event("final")
        path = f"/api/v1/recordings/{ready['session']}"
        for http_client, text, base in ((there, "alpha bravo", 0), (here, "Alpha, bravo.", 1)):
            edit = {"utterance": final["id"], "text": text, "base_revision": base}
            answer = await http_client.post(f"{path}/edits", json={"edits": [edit]})
            assert answer.status_code == 200, answer.text
        stale = {"utterance": final["id"], "text": "other", "base_revision": 0}
        answer = await there.post(f"{path}/edits", json={"edits": [stale]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
        answer = await there.post(f"{path}/edits", json={"edits": "none"})
        assert answer.status_code == 422
        await wire.say(type="finish")
        assert await wire.closed() == 1000
        text = (await there.get(f"{path}/transcript?format=txt")).text
        assert "Alpha, bravo." in text


async def test_what_another_server_cannot_be_asked_is_held(two: Two, redis: RedisServer) -> None:
    one, other = two
    async with open_wire(one.url) as wire, http(other) as there:
        ready = await wire.start()
        redis.stop()
        asked = {"at": 0.0, "label": "here"}
        answer = await there.post(f"/api/v1/recordings/{ready['session']}/markers", json=asked)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "held"), answer.text
        await wire.say(type="finish")
        assert await wire.closed() == 1000


async def test_a_client_without_websockets_may_reach_any_server_each_time(two: Two) -> None:
    async with http(two[0]) as here, http(two[1]) as there:
        ready = (await here.post("/api/v1/live", json={"type": "start", "format": FLOAT})).json()
        path = f"/api/v1/live/{ready['session']}"
        bearer = {"Authorization": f"Bearer {ready['token']}"}
        for frame, word in enumerate(["alfa", "bravo", "charlie", "delta"]):
            one = pack_frame(Audio(frame, say(word).tobytes()))
            batch = len(one).to_bytes(4, "big") + one
            client = (here, there)[frame % 2]
            answer = await client.post(f"{path}/frames", content=batch, headers=bearer)
            assert (answer.status_code, answer.json()["frame"]) == (200, frame), answer.text
        done = await there.post(f"{path}/control", json={"type": "finish"}, headers=bearer)
        assert done.status_code == 204
        found = [m async for m in messages(there, ready["session"]) if m.type == "final"]
        assert [m.data["event"]["text"] for m in found] == ["alfa bravo charlie delta"]
        assert {m.data["epoch"] for m in found} == {1}  # it never moved


async def test_a_client_goes_on_at_the_other_server_when_one_is_killed(two: Two) -> None:
    one, other = two
    async with open_wire(one.url) as wire:
        ready = await wire.start()
        await wire.frame(0, say("alfa", "bravo").tobytes())
        await wire.until("ack", frame=0)
        one.kill()
    async with open_wire(other.url) as wire:
        again = await wire.resume(ready)
        assert again["next_frame"] == 1  # on one volume nothing is asked for again
        await wire.frame(1, say("charlie").tobytes())
        await wire.say(type="finish")
        assert await wire.closed() == 1000
        assert " ".join(wire.finals) == "alfa bravo charlie"
    one.start()


async def test_a_session_at_another_server_can_be_deleted(two: Two) -> None:
    one, other = two
    async with open_wire(one.url) as wire, http(other) as there:
        ready = await wire.start()
        await wire.frame(0, say("alfa").tobytes())
        await wire.until("ack", frame=0)
        path = f"/api/v1/recordings/{ready['session']}"
        assert (await there.delete(path)).status_code == 204
        assert (await there.get(path)).status_code == 404
