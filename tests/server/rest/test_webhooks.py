"""Webhooks over REST, to a real receiver, from what really happens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook as Receiver

from tests.deliver.hosts import Heard, receiving
from tests.server.conftest import Serving
from vivavoce.live.news import KINDS
from vivavoce.testing.process import ServerProcess, free_port, running

pytestmark = pytest.mark.anyio
HERE = {"webhook_networks": ("127.0.0.1",)}


@asynccontextmanager
async def telling(serving: Serving, folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    async with serving(folder, **HERE) as app:
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test/api/v1") as http:
            yield http


async def made(http: httpx2.AsyncClient, heard: Heard, *events: str) -> dict[str, Any]:
    asked = {"url": f"http://127.0.0.1:{heard.port}/hook", "events": events or KINDS}
    answer = await http.post("/webhooks", json=asked)
    assert answer.status_code == 201, answer.text
    webhook: dict[str, Any] = answer.json()
    return webhook


async def delivered(http: httpx2.AsyncClient, webhook: str, count: int) -> list[dict[str, Any]]:
    """The webhook's deliveries, the oldest first, when so many are there and were tried."""
    while True:
        found = (await http.get(f"/webhooks/{webhook}/deliveries")).json()["items"]
        if len(found) == count and all(d["message"] or d["state"] == "sent" for d in found):
            return [*reversed(found)]
        await asyncio.sleep(0.02)


async def test_what_happens_to_a_recording_is_told(
    serving: Serving, tmp_path: Path, talk: bytes
) -> None:
    async with receiving() as heard, telling(serving, tmp_path) as http:
        webhook = await made(http, heard)
        answer = await http.post("/recordings?wait=true&title=A%20talk", content=talk)
        id = answer.json()["id"]
        await delivered(http, webhook["id"], 2)
        summary = (await http.post(f"/recordings/{id}/summaries?stream=false", json={})).json()
        edit = {"utterance": "u1", "text": "alpha bravo", "base_revision": 0}
        for revision in range(2):
            edits = [edit | {"base_revision": revision, "text": f"alpha {revision}"}]
            await http.post(f"/recordings/{id}/edits", json={"edits": edits})
        told = await delivered(http, webhook["id"], 4)
    names = [d["event"] for d in told]
    assert sorted(names) == sorted(
        ("recording.started", "recording.finished", "summary.made", "recording.edited")
    )
    assert {(d["recording"], d["state"], d["attempts"]) for d in told} == {(id, "sent", 1)}
    receiver = Receiver(webhook["secret"])
    said = {}
    for headers, body in heard.requests:
        message = receiver.verify(body, headers)
        said[message["type"]] = message
        assert "alfa" not in body  # what was said is not told
    assert {d["id"] for d in told} == {h["webhook-id"] for h, _ in heard.requests}
    finished = said["recording.finished"]["data"]["recording"]
    assert (finished["id"], finished["title"], finished["state"]) == (id, "A talk", "done")
    assert said["summary.made"]["data"]["summary"] == summary["id"]


async def test_only_what_was_chosen_is_told(serving: Serving, tmp_path: Path, talk: bytes) -> None:
    async with receiving() as heard, telling(serving, tmp_path) as http:
        webhook = await made(http, heard, "recording.finished")
        await http.post("/recordings?wait=true", content=talk)
        told = await delivered(http, webhook["id"], 1)
    assert [d["event"] for d in told] == ["recording.finished"]
    assert [json.loads(body)["type"] for _, body in heard.requests] == ["recording.finished"]


async def test_the_secret_is_told_once(serving: Serving, tmp_path: Path) -> None:
    async with receiving() as heard, telling(serving, tmp_path) as http:
        webhook = await made(http, heard)
        assert webhook["secret"].startswith("whsec_")
        listed = await http.get("/webhooks")
        assert [w["id"] for w in listed.json()["items"]] == [webhook["id"]]
        assert webhook["secret"] not in listed.text
        assert (await http.delete(f"/webhooks/{webhook['id']}")).status_code == 204
        assert (await http.get("/webhooks")).json() == {"items": []}
        for method, path in (("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
            answer = await http.request(method, f"/webhooks/{webhook['id']}{path}")
            assert answer.status_code == 404


async def test_one_can_be_tried(serving: Serving, tmp_path: Path) -> None:
    async with receiving(b"HTTP/1.1 500 Oh\r\n\r\n") as heard, telling(serving, tmp_path) as http:
        webhook = await made(http, heard, "summary.made")
        answer = await http.post(f"/webhooks/{webhook['id']}/test")
        assert (answer.status_code, answer.json()["event"]) == (202, "test")
        (failed,) = await delivered(http, webhook["id"], 1)
        assert (failed["state"], failed["message"]) == ("waiting", "It answered 500.")
        assert failed["next_at"] > failed["created_at"]
        heard.answer = b"HTTP/1.1 200 OK\r\n\r\n"
        while failed["state"] == "waiting":
            (failed,) = await delivered(http, webhook["id"], 1)
        assert (failed["state"], failed["attempts"]) == ("sent", 2)
    first, second = heard.requests
    assert first[0]["webhook-id"] == second[0]["webhook-id"] == failed["id"]
    assert first[1] == second[1]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"url": "ftp://example.org"}, "is to begin with https:// or http:// and a host."),
        ({"url": "http://ada:secret@example.org"}, "holds a name or a password"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "which is not a public address"),
        ({"url": "http://localhost:1/"}, "localhost is 127.0.0.1, which is not a public address"),
        ({"events": []}, "events cannot be taken"),
        ({"events": ["recording.stolen"]}, "events.0 cannot be taken"),
        ({"secret": "mine"}, "secret cannot be taken"),
    ],
)
async def test_what_cannot_be_one_is_refused(
    http: httpx2.AsyncClient, change: dict[str, Any], sentence: str
) -> None:
    answer = await http.post("/webhooks", json={"url": "https://nobody.invalid/"} | change)
    assert answer.status_code == 422, answer.text
    assert sentence in answer.json()["error"]["message"].replace("::1", "127.0.0.1")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded"])
async def test_a_page_elsewhere_makes_none(http: httpx2.AsyncClient, media: str) -> None:
    # a browser asks this server before it sends JSON of another site's page, but not these
    body, headers = b'{"url": "https://nobody.invalid/"}', {"Content-Type": media}
    assert (await http.post("/webhooks", content=body, headers=headers)).status_code == 422
    assert (await http.get("/webhooks")).json() == {"items": []}


async def test_there_are_so_many(http: httpx2.AsyncClient) -> None:
    answers = [
        await http.post("/webhooks", json={"url": f"https://nobody.invalid/{n}"}) for n in range(21)
    ]
    assert [a.status_code for a in answers] == [201] * 20 + [409]
    assert answers[-1].json()["error"]["code"] == "too_many"
    for answer in answers[:20]:
        await http.delete(f"/webhooks/{answer.json()['id']}")


async def test_a_killed_server_forgets_nothing(tmp_path: Path, talk: bytes) -> None:
    port = free_port()
    server = ServerProcess(tmp_path, engines="scripted", hosts=1, webhook_networks="127.0.0.1")
    with running(server):
        async with httpx2.AsyncClient(base_url=f"{server.url}api/v1", trust_env=False) as http:
            webhook = await made(http, Heard(port), "recording.finished")
            answer = await http.post("/recordings?wait=true", content=talk, timeout=60)
            (waiting,) = await delivered(http, webhook["id"], 1)
            assert waiting["message"] == "It cannot be reached: ConnectError."
            await asyncio.to_thread(server.kill)
            async with receiving(port=port) as heard:
                await asyncio.to_thread(server.start)
                while not heard.requests:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
    message = Receiver(webhook["secret"]).verify(heard.requests[0][1], heard.requests[0][0])
    assert message["data"]["recording"]["id"] == answer.json()["id"]
