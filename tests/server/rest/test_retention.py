"""Rules that delete audio, text or both, on a clock that the test reads."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from tests.server.conftest import Serving
from vivavoce.core.commands import Options, Start
from vivavoce.core.errors import Deleted, DiskError
from vivavoce.core.types import AudioFormat
from vivavoce.library.blobs import ObjectBlobs
from vivavoce.library.sql import FILE
from vivavoce.library.texts import save_text
from vivavoce.server.rest import retention
from vivavoce.server.rest.retention import sweep
from vivavoce.server.services import Services
from vivavoce.testing.keys import library_key

pytestmark = pytest.mark.anyio
AUDIO, TEXT = timedelta(days=30), timedelta(days=60)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
async def app(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    async with serving(tmp_path_factory.mktemp("data"), audio_days=30, text_days=60) as app:
        yield app


async def made(http: httpx2.AsyncClient, talk: bytes, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = (
        await http.post("/recordings", params={"wait": "true", **params}, content=talk)
    ).json()
    return found


async def shown(http: httpx2.AsyncClient, id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(f"/recordings/{id}")).json()
    return found


def at(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["created_at"])


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_it_is_said_when_what_goes(http: httpx2.AsyncClient, talk: bytes) -> None:
    row = await made(http, talk)
    assert datetime.fromisoformat(row["audio_goes_at"]) == at(row) + AUDIO
    assert datetime.fromisoformat(row["text_goes_at"]) == at(row) + TEXT
    assert (row["keep"], row["audio_gone_at"], row["text_gone_at"]) == (False, None, None)
    assert (await http.get("/recordings")).json()["items"][0] == row


async def test_audio_goes_first_and_its_text_stays(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    row = await made(http, talk)
    path = f"/recordings/{row['id']}"
    assert (await http.get(f"{path}/peaks")).status_code == 200
    await sweep(parts, at(row) + AUDIO - SECOND)
    assert (await http.get(f"{path}/audio")).status_code == 200
    await sweep(parts, at(row) + AUDIO)
    for gone in ("audio", "peaks"):
        assert code(await http.get(f"{path}/{gone}")) == (410, "deleted")
    assert code(await http.post(f"{path}/diarization")) == (410, "deleted")
    assert "alfa bravo" in (await http.get(f"{path}/transcript")).text
    now = await shown(http, row["id"])
    assert datetime.fromisoformat(now["audio_gone_at"]) == at(row) + AUDIO
    assert now["audio_goes_at"] is None
    assert now["preview"] == row["preview"]
    folder = parts.settings.data_dir / "blobs" / "recordings" / row["id"]
    assert [file for file in folder.rglob("*") if file.is_file()] == []
    await sweep(parts, at(row) + AUDIO + SECOND)  # doing it again changes nothing
    assert await shown(http, row["id"]) == now


async def test_text_goes_from_wherever_it_is(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    row = await made(http, talk, text_days=3)
    id, path = row["id"], f"/recordings/{row['id']}"
    text = await save_text(parts.blobs, id, "alfa bravo charlie", at(row))
    await http.patch(path, json={"tags": ["work"]})
    share = (await http.post(f"{path}/shares", json={"expires_in": 3600})).json()
    params = {"stream": "false"}
    assert (await http.post(f"{path}/summaries", params=params, json={})).status_code == 200
    await sweep(parts, at(row) + timedelta(days=3))
    for gone in ("transcript", "transcript?format=txt", "events"):
        assert code(await http.get(f"{path}/{gone}")) == (410, "deleted")
    edit = {"edits": [{"utterance": "u1", "text": "delta", "base_revision": 0}]}
    assert code(await http.post(f"{path}/edits", json=edit)) == (410, "deleted")
    assert code(await http.post(f"{path}/shares", json={})) == (410, "deleted")
    assert code(await http.post(f"{path}/summaries", json={})) == (410, "deleted")
    assert (await http.get(f"/shared/{share['url'].rpartition('/')[2]}")).status_code == 404
    assert (await http.get("/search", params={"q": "alfa"})).json()["items"] == []
    assert "alfa" not in (await http.get("/transcripts.csv")).text
    assert (await http.get(f"{path}/audio")).status_code == 200
    now = await shown(http, id)
    told = (now["title"], now["duration"], now["created_at"], now["tags"])
    assert told == (row["title"], row["duration"], row["created_at"], ["work"])
    assert (now["preview"], now["speakers"]) == ("", [])
    assert now["text_gone_at"] is not None
    assert not (parts.settings.data_dir / "blobs" / "transcripts" / text).exists()


async def test_no_word_is_left_in_the_file(serving: Serving, tmp_path: Path, talk: bytes) -> None:
    async with serving(tmp_path, text_days=0) as app:
        async with client(app) as http:
            row = await made(http, talk)
        await sweep(app.state.services, datetime.now(UTC))
        with pytest.raises(Deleted):
            await app.state.services.repository.transcript("local", row["id"])
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = (tmp_path / FILE).read_bytes()
    assert row["id"].encode() in data
    for word in (b"alfa", b"bravo", b"charlie"):
        assert word not in data


async def test_a_recording_that_has_lost_both_is_gone(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    one, two = await made(http, talk), await made(http, talk)
    await sweep(parts, at(one) + AUDIO)
    await sweep(parts, at(two) + TEXT)
    for row in (one, two):
        assert (await http.get(f"/recordings/{row['id']}")).status_code == 404
    rest = parts.settings.data_dir / "blobs" / "recordings"
    assert not any((rest / row["id"]).exists() for row in (one, two))


async def test_a_shorter_rule_of_its_own_holds_and_a_longer_one_does_not(
    http: httpx2.AsyncClient, talk: bytes
) -> None:
    row = await made(http, talk, audio_days=7, text_days=1000)
    assert datetime.fromisoformat(row["audio_goes_at"]) == at(row) + timedelta(days=7)
    assert datetime.fromisoformat(row["text_goes_at"]) == at(row) + TEXT
    path = f"/recordings/{row['id']}"
    now = (await http.patch(path, json={"text_days": 1, "title": "Shorter"})).json()
    assert datetime.fromisoformat(now["text_goes_at"]) == at(row) + timedelta(days=1)
    assert now["title"] == "Shorter"
    now = (await http.patch(path, json={"text_days": None, "audio_days": None})).json()
    assert datetime.fromisoformat(now["audio_goes_at"]) == at(row) + AUDIO
    for wrong in ({"text_days": -1}, {"audio_days": "soon"}, {"keep": None}, {}):
        assert (await http.patch(path, json=wrong)).status_code == 422
    wrong_upload = await http.post("/recordings", params={"audio_days": "-1"}, content=talk)
    assert wrong_upload.status_code == 422


async def test_a_form_may_name_its_rule(http: httpx2.AsyncClient, talk: bytes) -> None:
    form = {"text_days": "2"}
    answer = await http.post(
        "/recordings", params={"wait": "true"}, data=form, files={"file": ("a.wav", talk)}
    )
    row = answer.json()
    assert datetime.fromisoformat(row["text_goes_at"]) == at(row) + timedelta(days=2)
    bad = await http.post("/recordings", data={"text_days": "x"}, files={"file": ("a.wav", talk)})
    assert "text_days is to be 0 to 36500" in bad.json()["error"]["message"]


async def test_what_is_held_stays(http: httpx2.AsyncClient, parts: Services, talk: bytes) -> None:
    row = await made(http, talk, audio_days=1)
    held = (await http.patch(f"/recordings/{row['id']}", json={"keep": True})).json()
    assert (held["keep"], held["audio_goes_at"], held["text_goes_at"]) == (True, None, None)
    await sweep(parts, at(row) + TEXT)
    assert (await http.get(f"/recordings/{row['id']}/audio")).status_code == 200
    await http.patch(f"/recordings/{row['id']}", json={"keep": False})
    await sweep(parts, at(row) + TEXT)
    assert (await http.get(f"/recordings/{row['id']}")).status_code == 404


async def test_a_live_session_asks_for_its_rule_and_is_not_touched_while_it_runs(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    options = Options(title="Now", audio_days=0, text_days=0)
    seat = await parts.hub.start(Start(AudioFormat(), options))
    id = seat.ready.session
    row = await shown(http, id)
    assert row["audio_goes_at"] == row["text_goes_at"] == row["created_at"]
    await sweep(parts, datetime.now(UTC) + timedelta(days=400))
    assert (await shown(http, id))["state"] == "live"
    await parts.hub.cancel(id)


async def test_what_fails_is_done_again_and_stops_no_other(
    http: httpx2.AsyncClient, parts: Services, talk: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await made(http, talk), await made(http, talk)
    remove = ObjectBlobs.remove

    async def full(self: ObjectBlobs, key: str) -> None:
        if one["id"] in key:
            raise DiskError("The disk has had enough.")
        await remove(self, key)

    monkeypatch.setattr(ObjectBlobs, "remove", full)
    when = at(two) + AUDIO
    await sweep(parts, when)
    assert (await shown(http, one["id"]))["audio_gone_at"] is None
    assert (await shown(http, two["id"]))["audio_gone_at"] is not None
    monkeypatch.setattr(ObjectBlobs, "remove", remove)
    await sweep(parts, when)
    assert (await shown(http, one["id"]))["audio_gone_at"] is not None


async def test_a_crash_between_bytes_and_rows_is_made_good(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    row = await made(http, talk)
    await parts.blobs.remove(f"recordings/{row['id']}/audio")  # and then it died
    await sweep(parts, at(row) + AUDIO)
    assert (await shown(http, row["id"]))["audio_gone_at"] is not None


async def test_a_broken_session_goes_with_the_first_rule(
    http: httpx2.AsyncClient, parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat = await parts.hub.start(Start(AudioFormat(), Options(title="Broken")))
    id = seat.ready.session
    live = parts.hub.running(id)
    assert live is not None
    seat.leave()
    await parts.hub.drain(0)
    parts.hub._draining = False
    header = parts.settings.data_dir / "live" / id / "session.json"
    header.write_text("{")
    when = live.header.created_at + AUDIO
    await sweep(parts, when)
    assert (await shown(http, id))["state"] == "live"  # somebody may be about to take it up
    monkeypatch.setattr(retention, "BROKEN", -1.0)
    await sweep(parts, when)
    assert (await http.get(f"/recordings/{id}")).status_code == 404
    assert not header.parent.exists()


async def test_a_server_looks_when_it_starts(serving: Serving, tmp_path: Path, talk: bytes) -> None:
    async with serving(tmp_path) as app, client(app) as http:
        row = await made(http, talk)
        assert row["audio_goes_at"] is None
    async with serving(tmp_path, audio_days=0, text_days=0) as app, client(app) as http:
        while (await http.get(f"/recordings/{row['id']}")).status_code != 404:
            pass


def client(app: Any) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test/api/v1")


async def test_a_rule_is_for_those_who_may_delete(
    serving: Serving, tmp_path: Path, talk: bytes
) -> None:
    key = await library_key(tmp_path, "transcribe", "read")
    every = await library_key(tmp_path)
    async with serving(tmp_path, auth="keys") as app, client(app) as http:
        http.headers["Authorization"] = f"Bearer {key}"
        row = await made(http, talk, text_days=9)  # of what one makes oneself
        path = f"/recordings/{row['id']}"
        assert (await http.patch(path, json={"title": "Mine"})).status_code == 200
        for rule in ({"text_days": 0}, {"keep": True}, {"audio_days": None, "title": "x"}):
            assert code(await http.patch(path, json=rule)) == (403, "forbidden")
        http.headers["Authorization"] = f"Bearer {every}"
        assert (await http.patch(path, json={"keep": True})).json()["keep"] is True
