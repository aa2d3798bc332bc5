"""Searching, tags and the filters of the list, over HTTP."""

from typing import Any

import httpx2
import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
async def recording(http: httpx2.AsyncClient, talk: bytes) -> dict[str, Any]:
    params = {"wait": "true", "title": "Ein Gespräch"}
    found: dict[str, Any] = (await http.post("/recordings", params=params, content=talk)).json()
    return found


async def test_what_was_said_is_found_with_its_place(
    http: httpx2.AsyncClient, recording: dict[str, Any]
) -> None:
    page = (await http.get("/search", params={"q": "bra"})).json()
    assert page["next"] is None
    (hit,) = page["items"]
    assert hit["recording"] == {k: recording[k] for k in ("id", "title", "created_at")}
    assert hit["snippet"] == [{"text": "alfa ", "hit": False}, {"text": "bravo", "hit": True}]
    path = f"/recordings/{recording['id']}/transcript"
    said = (await http.get(path)).json()["utterances"][0]
    assert (hit["utterance"], hit["start"], hit["end"]) == (said["id"], said["start"], said["end"])
    assert said["start"] < hit["at"] < said["end"]
    assert hit["at"] == pytest.approx(said["words"][1]["start"], abs=0.002)


async def test_hits_come_page_by_page(
    http: httpx2.AsyncClient, recording: dict[str, Any], talk: bytes
) -> None:
    other = (await http.post("/recordings", params={"wait": "true"}, content=talk)).json()
    first = (await http.get("/search", params={"q": "charlie", "limit": 1})).json()
    params = {"q": "charlie", "cursor": first["next"]}
    second = (await http.get("/search", params=params)).json()
    ids = [hit["recording"]["id"] for hit in first["items"] + second["items"]]
    assert (ids, second["next"]) == ([other["id"], recording["id"]], None)


@pytest.mark.parametrize("q", ["", '"', "* AND", "NEAR(", "(a", "a:b", "\x00", "'--", "%", "😀"])
async def test_any_text_is_a_query(
    http: httpx2.AsyncClient, recording: dict[str, Any], q: str
) -> None:
    assert (await http.get("/search", params={"q": q})).status_code == 200
    assert (await http.get("/recordings", params={"q": q})).status_code == 200


async def test_a_bad_search_is_refused_in_words(http: httpx2.AsyncClient) -> None:
    bads: list[dict[str, str | int]] = [{}, {"q": "x" * 201}, {"q": "x", "limit": 101}]
    for params in bads:
        answer = await http.get("/search", params=params)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_request")
    answer = await http.get("/search", params={"q": "x", "cursor": "y"})
    assert answer.status_code == 400


async def test_an_edit_is_found_and_what_it_replaced_is_not(
    http: httpx2.AsyncClient, recording: dict[str, Any]
) -> None:
    path = f"/recordings/{recording['id']}"
    said = (await http.get(f"{path}/transcript")).json()["utterances"][0]
    edit = {"utterance": said["id"], "text": "Alpha <b>brava</b>", "base_revision": 0}
    assert (await http.post(f"{path}/edits", json={"edits": [edit]})).status_code == 200
    assert (await http.get("/search", params={"q": '"bravo"'})).json()["items"] == []
    (hit,) = (await http.get("/search", params={"q": "brava"})).json()["items"]
    assert hit["snippet"] == [
        {"text": "Alpha <b>", "hit": False},
        {"text": "brava", "hit": True},
        {"text": "</b>", "hit": False},
    ]
    assert (await http.get(path)).json()["preview"].startswith("Alpha <b>brava</b>")


async def test_tags_are_put_listed_and_asked_for(
    http: httpx2.AsyncClient, recording: dict[str, Any], talk: bytes
) -> None:
    await http.post("/recordings", params={"wait": "true"}, content=talk)
    path = f"/recordings/{recording['id']}"
    tags = ["work", " with a space ", "Grün", "work"]
    tagged = (await http.patch(path, json={"tags": tags, "title": "New"})).json()
    assert (tagged["title"], tagged["tags"]) == ("New", ["Grün", "with a space", "work"])
    assert (await http.patch(path, json={"title": "Newer"})).json()["tags"] == tagged["tags"]
    counted = (await http.get("/tags")).json()["items"]
    assert counted[0] == {"tag": "Grün", "recordings": 1}
    for params in ({"tag": "work"}, {"q": "GRUN"}, {"q": "newer"}):
        listed = (await http.get("/recordings", params=params)).json()["items"]
        assert [row["id"] for row in listed] == [recording["id"]]
    both = (await http.get("/recordings", params={"q": "alfa bravo"})).json()["items"]
    assert len(both) == 2
    assert (await http.patch(path, json={"tags": []})).json()["tags"] == []


async def test_a_recording_says_how_it_came_and_how_long_its_text_is(
    http: httpx2.AsyncClient, recording: dict[str, Any]
) -> None:
    assert (recording["mode"], recording["words"]) == ("upload", 3)
    assert (recording["speakers"], recording["diarization"]) == ([], False)
    path = f"/recordings/{recording['id']}"
    said = (await http.get(f"{path}/transcript")).json()["utterances"][0]
    names = {
        "assign": [{"utterance": said["id"], "speaker": "S1"}],
        "names": [{"speaker": "S1", "name": "Ann"}],
    }
    assert (await http.post(f"{path}/speakers", json=names)).status_code == 200
    row = (await http.get(path)).json()
    assert (row["speakers"], row["diarization"]) == (["Ann"], True)
    text = (await http.get(f"{path}/transcript", params={"format": "md"})).text
    assert "Ann:** alfa bravo" in text
