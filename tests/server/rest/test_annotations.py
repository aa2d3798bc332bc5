"""What people say of a recording, over REST: live, after its end, and two of them at once."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from vivavoce.core.commands import Audio, Finish, Options, Start
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.live.seat import Seat
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio


@pytest.fixture
async def recording(http: httpx2.AsyncClient, talk: bytes) -> str:
    """Of `alfa bravo` and `charlie`."""
    answer = await http.post("/recordings", params={"wait": "true"}, content=talk)
    return str(answer.json()["id"])


async def edit(
    http: httpx2.AsyncClient, recording: str, *edits: tuple[str, str, int]
) -> httpx2.Response:
    asked = [{"utterance": id, "text": text, "base_revision": base} for id, text, base in edits]
    return await http.post(f"/recordings/{recording}/edits", json={"edits": asked})


async def text(http: httpx2.AsyncClient, recording: str) -> str:
    answer = await http.get(f"/recordings/{recording}/transcript", params={"format": "txt"})
    return answer.text


async def test_an_edit_changes_the_text_everywhere(
    http: httpx2.AsyncClient, recording: str
) -> None:
    before = (await http.get(f"/recordings/{recording}/transcript")).json()["utterances"][0]
    answer = await edit(http, recording, ("u1", "  Alpha,\n bravo ", 0))
    assert answer.status_code == 200
    assert answer.json()["conflicts"] == []
    (said,) = answer.json()["events"]
    assert said["event"]["text"] == "Alpha, bravo"
    assert await text(http, recording) == "Alpha, bravo\ncharlie\n"
    assert (await http.get(f"/recordings/{recording}")).json()["preview"] == "Alpha, bravo charlie"
    after = (await http.get(f"/recordings/{recording}/transcript")).json()["utterances"][0]
    assert [w["text"] for w in after["words"]] == ["Alpha,", "bravo"]
    assert [w["start"] for w in after["words"]] == [w["start"] for w in before["words"]]
    stream = await http.get(f"/recordings/{recording}/events")
    last = stream.text.strip().split("\n\n")[-1]
    assert f"id: {said['n']}" in last
    assert json.loads(last.partition("data: ")[2]) == said


async def test_two_editors_see_each_other_and_nothing_is_lost(
    http: httpx2.AsyncClient, recording: str
) -> None:
    assert (await edit(http, recording, ("u1", "ours", 0))).status_code == 200
    late = await edit(http, recording, ("u1", "theirs", 0), ("u2", "theirs too", 0))
    assert late.status_code == 200
    (conflict,) = late.json()["conflicts"]
    assert (conflict["id"], conflict["text"], conflict["revision"]) == ("u1", "ours", 1)
    only = await edit(http, recording, ("u1", "theirs", 0))
    assert only.status_code == 409
    error = only.json()["error"]
    assert (error["code"], error["retryable"]) == ("conflict", False)
    assert error["conflicts"] == [conflict]
    assert await text(http, recording) == "ours\ntheirs too\n"
    again = await edit(http, recording, ("u1", "theirs", conflict["revision"]))
    assert again.status_code == 200
    assert await text(http, recording) == "theirs\ntheirs too\n"


async def test_an_answer_that_was_lost_may_be_asked_for_again(
    http: httpx2.AsyncClient, recording: str
) -> None:
    await edit(http, recording, ("u1", "ours", 0))
    again = await edit(http, recording, ("u1", "ours", 0))
    assert (again.status_code, again.json()) == (200, {"events": [], "conflicts": []})


async def test_many_at_once_all_arrive(http: httpx2.AsyncClient, recording: str) -> None:
    async def one(who: int) -> int:
        """Adds a word, as often as it takes."""
        revision, said, tries = 0, "alfa bravo", 0
        while True:
            tries += 1
            answer = await edit(http, recording, ("u1", f"{said} w{who}", revision))
            if answer.status_code == 200:
                return tries
            (current,) = answer.json()["error"]["conflicts"]
            revision, said = current["revision"], current["text"]

    tries = await asyncio.gather(*map(one, range(8)))
    assert sum(tries) > 8, "nobody met anybody"
    words = (await text(http, recording)).splitlines()[0].split()
    assert sorted(words) == ["alfa", "bravo", *(f"w{who}" for who in range(8))]


async def test_struck_out_and_brought_back(http: httpx2.AsyncClient, recording: str) -> None:
    await edit(http, recording, ("u1", " ", 0))
    assert await text(http, recording) == "charlie\n"
    exported = await http.get(f"/recordings/{recording}/transcript")
    assert "alfa" not in exported.text
    await edit(http, recording, ("u1", "alfa bravo", 1))
    assert await text(http, recording) == "alfa bravo\ncharlie\n"


async def test_what_cannot_be_is_refused_and_changes_nothing(
    http: httpx2.AsyncClient, recording: str
) -> None:
    path = f"/recordings/{recording}"
    fine = {"utterance": "u1", "text": "x", "base_revision": 0}
    bads: list[tuple[str, Any, int]] = [
        ("edits", {"edits": []}, 422),
        ("edits", {"edits": [fine] * 1001}, 422),
        ("edits", {"edits": [fine, fine]}, 400),
        ("edits", {"edits": [fine, fine | {"utterance": "u9"}]}, 404),
        ("edits", {"edits": [fine | {"text": "x" * 10_001}]}, 422),
        ("edits", {"edits": [fine | {"base_revision": -1}]}, 422),
        ("speakers", {}, 422),
        ("speakers", {"assign": [{"utterance": "u9", "speaker": "S1"}]}, 404),
        ("speakers", {"assign": [{"utterance": "u1", "speaker": "S1", "words": ["S1"]}]}, 422),
        ("speakers", {"names": [{"speaker": " ", "name": "Ada"}]}, 422),
        ("markers", {"at": -1}, 422),
        ("markers", {"at": 1e6}, 422),
        ("markers", {"at": 1, "label": "x" * 201}, 422),
    ]
    before = (await http.get(f"{path}/events")).text
    for route, body, status in bads:
        answer = await http.post(f"{path}/{route}", json=body)
        assert answer.status_code == status, (body, answer.text)
    assert (await http.get(f"{path}/events")).text == before
    elsewhere = await http.post(f"/recordings/{'0' * 26}/edits", json={"edits": [fine]})
    assert elsewhere.status_code == 404


async def test_speakers_get_labels_and_names(http: httpx2.AsyncClient, recording: str) -> None:
    asked = {
        "assign": [
            {"utterance": "u1", "speaker": "S1", "words": ["S2", None]},
            {"utterance": "u2", "speaker": "S2"},
        ],
        "names": [{"speaker": "S1", "name": "Ada"}],
    }
    answer = await http.post(f"/recordings/{recording}/speakers", json=asked)
    assert [said["event"]["type"] for said in answer.json()["events"]] == [
        "speaker",
        "speaker",
        "named",
    ]
    said = (await http.get(f"/recordings/{recording}/transcript")).json()["utterances"]
    assert said[0]["words"][0]["speaker"] == "S2"
    assert said[1]["text"] == "charlie"


async def test_a_marker_is_put_where_it_was_asked_for(
    http: httpx2.AsyncClient, recording: str
) -> None:
    asked = {"at": 0.5, "label": "the start"}
    answer = await http.post(f"/recordings/{recording}/markers", json=asked)
    assert answer.json()["events"][0]["event"]["at"] == 8000
    found = (await http.get(f"/recordings/{recording}/transcript")).json()
    assert found["markers"] == [{"at": 0.5, "label": "the start"}]


@pytest.fixture
async def live(parts: Services) -> Seat:
    return await parts.hub.start(Start(AudioFormat("pcm_f32le"), Options()))


async def events(http: httpx2.AsyncClient, recording: str, **params: str) -> Any:
    """The numbered events of a stream, as they come."""
    path = f"/recordings/{recording}/events"
    async with http.stream("GET", path, params=params) as answer:
        async for line in answer.aiter_lines():
            if line.startswith('data: {"n"'):
                yield json.loads(line.partition(": ")[2])


async def test_a_recording_that_goes_on_is_edited_and_followed(
    remote: httpx2.AsyncClient, live: Seat
) -> None:
    id_ = live.ready.session
    await live.send(Audio(0, say("alfa", "bravo").tobytes()))
    await live.send(Audio(1, silence(1).tobytes()))
    seen: list[Any] = []
    async with asyncio.timeout(120):
        async for one in events(remote, id_, follow="true"):
            seen.append(one)
            match one["event"]["type"]:
                case "final":
                    assert (await edit(remote, id_, ("u1", "alfa beta", 0))).status_code == 200
                case "edited" if one["event"]["text"] == "alfa beta":
                    await live.send(Finish())
                case "ended":
                    marked = await remote.post(f"/recordings/{id_}/markers", json={"at": 0})
                    assert marked.status_code == 200
                case "marker":
                    break
    assert [one["n"] for one in seen] == list(range(1, len(seen) + 1))
    assert await text(remote, id_) == "alfa beta\n"
    plain = [one async for one in events(remote, id_)]
    assert plain == seen


async def test_two_who_follow_an_ended_recording_see_each_others_edits(
    remote: httpx2.AsyncClient, recording: str
) -> None:
    async def first(kind: str) -> Any:
        async for one in events(remote, recording, follow="true"):
            if one["event"]["type"] == "ended":
                ready.release()
            if one["event"]["type"] == kind:
                return one
        return None

    ready = asyncio.Semaphore(0)
    async with asyncio.timeout(120):
        following = [asyncio.create_task(first("edited")) for _ in range(2)]
        await ready.acquire()
        await ready.acquire()
        (said,) = (await edit(remote, recording, ("u2", "Charlie!", 0))).json()["events"]
        assert await asyncio.gather(*following) == [said, said]


async def test_following_ends_with_the_recording(
    remote: httpx2.AsyncClient, recording: str
) -> None:
    async with asyncio.timeout(120):
        async for one in events(remote, recording, follow="true"):
            if one["event"]["type"] == "ended":
                assert (await remote.delete(f"/recordings/{recording}")).status_code == 204
