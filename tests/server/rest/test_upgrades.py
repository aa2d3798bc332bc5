"""A library of every schema there ever was, read through the interface of this version."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.library.schemas import known, load
from tests.server.conftest import Serving, wav
from vivavoce.core.errors import SettingError
from vivavoce.engines.fake import say
from vivavoce.library.migrations import revisions
from vivavoce.library.sql import FILE, SqlRepository

pytestmark = pytest.mark.anyio

ONE, TWO, THREE = (
    "01kaaaaaaaaaaaaaaaaaaaaaaa",
    "01kbbbbbbbbbbbbbbbbbbbbbbb",
    "01kccccccccccccccccccccccc",
)


def revision(dump: Path) -> str:
    return dump.stem.removeprefix("v")


def test_there_is_one_of_every_schema() -> None:
    """But perhaps of the newest, which may not be released yet."""
    assert revisions() - {max(revisions())} <= {revision(dump) for dump in known()} <= revisions()


@pytest.mark.parametrize("dump", known(), ids=lambda dump: dump.stem)
async def test_everything_is_read_as_it_was(serving: Serving, tmp_path: Path, dump: Path) -> None:
    load(dump, tmp_path / FILE)
    audio = tmp_path / "blobs" / "recordings" / ONE / "audio"
    audio.parent.mkdir(parents=True)
    audio.write_bytes(wav(say("alfa")))
    version = int(revision(dump))
    async with serving(tmp_path) as app, client(app) as http:
        rows = (await http.get("/recordings")).json()["items"]
        binned = (await http.get("/recordings", params={"deleted": "true"})).json()["items"]
        assert sorted(row["id"] for row in rows + binned) == [ONE, TWO, THREE]
        assert [row["id"] for row in binned] == ([TWO] if version >= 6 else [])
        one = (await http.get(f"/recordings/{ONE}")).json()
        assert (one["title"], one["state"], one["duration"]) == ("Grüße aus Zürich", "done", 10.0)
        assert (one["words"], one["keep"], one["text_goes_at"]) == (8, False, None)
        assert bool(one["use"]) == (version >= 2)
        if version >= 6:
            assert (one["tags"], one["speakers"]) == (["Züge", "travel"], ["Ada"])
        assert (await http.get(f"/recordings/{TWO}")).json()["mode"] == "upload"
        lost = (await http.get(f"/recordings/{THREE}")).json()
        assert (lost["state"], lost["reason"]) == ("failed", "lost")
        await read(http, version)
        await changed(http)


async def read(http: httpx2.AsyncClient, version: int) -> None:
    for format in ("txt", "srt", "vtt", "json", "csv", "md", "jsonl"):
        text = (await http.get(f"/recordings/{ONE}/transcript", params={"format": format})).text
        assert "Good morning, Zürich." in text
    events = (await http.get(f"/recordings/{ONE}/events")).text
    assert '"type":"ended"' in events
    assert (await http.get(f"/recordings/{ONE}/audio")).content == wav(say("alfa"))
    assert (await http.get(f"/recordings/{ONE}/peaks")).status_code == 200
    hits = (await http.get("/search", params={"q": "zurich morning"})).json()["items"]
    assert [hit["recording"]["id"] for hit in hits] == [ONE]
    assert "Good morning, Zürich." in (await http.get("/transcripts.csv")).text
    shares = (await http.get(f"/recordings/{ONE}/shares")).json()["items"]
    assert len(shares) == (version >= 3)
    emails = (await http.get(f"/recordings/{ONE}/emails")).json()["items"]
    assert [mail["to"] for mail in emails] == (["ada@example.com"] if version >= 4 else [])
    assert len((await http.get("/webhooks")).json()["items"]) == (version >= 4)
    summaries = (await http.get(f"/recordings/{ONE}/summaries")).json()["items"]
    assert [made["text"] for made in summaries] == ["Good morning, Zürich."] * (version >= 5)
    templates = (await http.get("/templates")).json()["items"]
    assert ("mine" in [template["name"] for template in templates]) == (version >= 5)
    usage = (await http.get("/usage")).json()
    assert len(usage["engines"]) == (version >= 2)


async def changed(http: httpx2.AsyncClient) -> None:
    """It is not only read."""
    said = (await http.get(f"/recordings/{ONE}/transcript")).json()
    first = said["utterances"][0]
    edit = {
        "utterance": first["id"],
        "text": "Good evening.",
        "base_revision": first.get("revision", 0),
    }
    answer = await http.post(f"/recordings/{ONE}/edits", json={"edits": [edit]})
    assert answer.status_code == 200, answer.text
    hits = (await http.get("/search", params={"q": "evening"})).json()["items"]
    assert [hit["recording"]["id"] for hit in hits] == [ONE]
    assert (await http.delete(f"/recordings/{ONE}")).status_code == 204
    assert (await http.get("/search", params={"q": "evening"})).json()["items"] == []


async def test_a_newer_library_is_refused_in_one_sentence(tmp_path: Path) -> None:
    load(known()[-1], tmp_path / FILE)
    await (await SqlRepository.open(tmp_path)).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SettingError, match="was written by a newer version") as refused:
        await SqlRepository.open(tmp_path)
    assert refused.value.message.count(".") - refused.value.message.count("library.db") <= 2
    assert "\n" not in refused.value.message
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        assert db.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


def client(app: Any) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test/api/v1")
