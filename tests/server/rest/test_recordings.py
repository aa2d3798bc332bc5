"""The list, the texts and the audio."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from vivavoce.core.commands import Options, Start
from vivavoce.core.types import AudioFormat
from vivavoce.library.export import FORMATS
from vivavoce.library.recording import Changes
from vivavoce.live.seat import Seat
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio


@pytest.fixture
async def recording(http: httpx2.AsyncClient, talk: bytes) -> dict[str, Any]:
    """What the server says of a finished recording."""
    params = {"wait": "true", "title": "Ein Gespräch"}
    answer = await http.post("/recordings", params=params, content=talk)
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def live(parts: Services) -> Seat:
    """A session in which somebody speaks."""
    return await parts.hub.start(Start(AudioFormat(), Options(title="Now")))


async def test_the_list_goes_from_new_to_old_page_by_page(
    http: httpx2.AsyncClient, talk: bytes
) -> None:
    made = [(await http.post("/recordings", content=talk)).json()["id"] for _ in range(3)]
    first = (await http.get("/recordings", params={"limit": 2})).json()
    second = (await http.get("/recordings", params={"limit": 2, "cursor": first["next"]})).json()
    assert [row["id"] for row in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None


async def test_a_bad_page_is_refused_in_words(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/recordings", params={"limit": 0})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith("limit cannot be taken")
    assert (await http.get("/recordings", params={"cursor": "x"})).status_code == 400


async def test_a_recording_tells_of_itself_and_not_of_its_owner(
    http: httpx2.AsyncClient, recording: dict[str, Any]
) -> None:
    found = (await http.get(f"/recordings/{recording['id']}")).json()
    assert found == recording
    assert set(found) == {
        "id", "title", "created_at", "state", "reason", "duration", "language", "engine",
        "model", "media_type", "bytes", "preview", "use", "mode", "diarization", "speakers",
        "words", "tags", "deleted_at", "keep", "audio_goes_at", "text_goes_at", "audio_gone_at",
        "text_gone_at",
    }  # fmt: skip
    assert found["created_at"].endswith("Z")


async def test_a_recording_gets_another_title(
    http: httpx2.AsyncClient, recording: dict[str, Any]
) -> None:
    path = f"/recordings/{recording['id']}"
    answer = await http.patch(path, json={"title": "  Another\u202e\0 "})
    assert answer.json() == recording | {"title": "Another"}
    bads: list[Any] = [{"title": ""}, {"title": "x" * 201}, {"title": None}, {"titel": "x"}, []]
    bads += [{}, {"tags": None}, {"tags": ["x"] * 21}, {"tags": ["x" * 41]}, {"tags": [" "]}]
    bads += [{"tags": ["a\nb"]}, {"tags": "x"}, {"title": "Good", "tags": [1]}]
    for bad in [*bads, {"title": " \0\n\u202e "}]:
        assert (await http.patch(path, json=bad)).status_code == 422
    lone = b'{"title": "\\ud800"}'
    headers = {"Content-Type": "application/json"}
    assert (await http.patch(path, content=lone, headers=headers)).status_code == 422
    assert (await http.get(path)).json()["title"] == "Another"


async def test_deleting_deletes_all_of_it(
    http: httpx2.AsyncClient, parts: Services, recording: dict[str, Any]
) -> None:
    path = f"/recordings/{recording['id']}"
    assert (await http.delete(path)).status_code == 204
    for gone in ("", "/audio", "/transcript", "/events"):
        assert (await http.get(path + gone)).status_code == 404
    assert (await http.delete(path)).status_code == 404
    blobs = parts.settings.data_dir / "blobs"
    left = await asyncio.to_thread(lambda: [p for p in blobs.rglob("*") if p.is_file()])
    assert left == []


async def test_deleting_what_is_live_ends_it(
    http: httpx2.AsyncClient, parts: Services, live: Seat
) -> None:
    id_ = live.ready.session
    assert (await http.delete(f"/recordings/{id_}")).status_code == 204
    assert await parts.hub.watch(id_) is None
    assert (await http.get("/recordings")).json()["items"] == []
    left = await asyncio.to_thread(lambda: list((parts.settings.data_dir / "live").iterdir()))
    assert left == []


@pytest.mark.parametrize("id_", ["x", "A" * 26, "a" * 27, "..%2f..%2fetc%2fpasswd", "0" * 26])
async def test_what_is_not_there_is_not_found(http: httpx2.AsyncClient, id_: str) -> None:
    for end in ("", "/audio", "/transcript", "/events"):
        answer = await http.get(f"/recordings/{id_}{end}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_an_unknown_path_is_answered_in_the_same_form(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/nothing/here")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "There is nothing at /api/v1/nothing/here."
    assert (await http.put("/recordings")).json()["error"]["code"] == "bad_request"


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_transcript_comes_in_every_format(
    http: httpx2.AsyncClient, recording: dict[str, Any], format_: str
) -> None:
    path = f"/recordings/{recording['id']}/transcript"
    answer = await http.get(path, params={"format": format_, "download": "true"})
    assert answer.headers["content-type"] == FORMATS[format_]
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="Ein Gespr_ch.{format_}"; '
        f"filename*=UTF-8''Ein%20Gespr%C3%A4ch.{format_}"
    )
    assert "alfa bravo" in answer.text


async def test_the_transcript_is_json_unless_asked_and_has_the_latest_title(
    http: httpx2.AsyncClient, recording: dict[str, Any]
) -> None:
    await http.patch(f"/recordings/{recording['id']}", json={"title": "New"})
    answer = await http.get(f"/recordings/{recording['id']}/transcript")
    assert "content-disposition" not in answer.headers
    assert json.loads(answer.text)["title"] == "New"
    bad = await http.get(f"/recordings/{recording['id']}/transcript", params={"format": "docx"})
    assert bad.status_code == 422


async def test_the_audio_comes_whole(
    http: httpx2.AsyncClient, recording: dict[str, Any], talk: bytes
) -> None:
    answer = await http.get(f"/recordings/{recording['id']}/audio", params={"download": "true"})
    assert (answer.status_code, answer.content) == (200, talk)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].endswith("Ein%20Gespr%C3%A4ch.wav")


async def test_the_audio_comes_in_ranges(
    http: httpx2.AsyncClient, recording: dict[str, Any], talk: bytes
) -> None:
    path, size = f"/recordings/{recording['id']}/audio", len(talk)
    part = await http.get(path, headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, talk[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{size}"
    last = await http.get(path, headers={"Range": "bytes=-7"})
    assert (last.status_code, last.content) == (206, talk[-7:])
    after = await http.get(path, headers={"Range": f"bytes={size}-"})
    assert (after.status_code, after.json()["error"]["code"]) == (416, "bad_range")
    assert after.headers["content-range"] == f"bytes */{size}"


async def test_what_the_client_has_is_not_sent_again(
    http: httpx2.AsyncClient, recording: dict[str, Any], talk: bytes
) -> None:
    path = f"/recordings/{recording['id']}/audio"
    tag = (await http.get(path)).headers["etag"]
    same = await http.get(path, headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    resumed = await http.get(path, headers={"Range": "bytes=5-", "If-Range": tag})
    assert (resumed.status_code, resumed.content) == (206, talk[5:])
    changed = await http.get(path, headers={"Range": "bytes=5-", "If-Range": '"other"'})
    assert (changed.status_code, changed.content) == (200, talk)


async def test_no_page_is_served_from_what_was_uploaded(
    http: httpx2.AsyncClient, parts: Services, recording: dict[str, Any]
) -> None:
    await parts.repository.update(recording["id"], Changes(media_type="text/html"))
    answer = await http.get(f"/recordings/{recording['id']}/audio")
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_a_recording_whose_audio_is_lost_says_so(
    http: httpx2.AsyncClient, parts: Services, recording: dict[str, Any]
) -> None:
    await parts.blobs.delete(f"recordings/{recording['id']}/")
    answer = await http.get(f"/recordings/{recording['id']}/audio")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"The recording {recording['id']} has no audio."


@pytest.mark.parametrize("what", ["audio", "transcript"])
async def test_what_is_there_at_the_end_is_not_there_before(
    http: httpx2.AsyncClient, live: Seat, what: str
) -> None:
    answer = await http.get(f"/recordings/{live.ready.session}/{what}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "live")


async def test_the_interface_describes_itself(http: httpx2.AsyncClient) -> None:
    document = (await http.get("http://test/openapi.json")).json()
    paths = document["paths"]
    upload = paths["/api/v1/recordings"]["post"]["requestBody"]["content"]
    assert set(upload) == {"multipart/form-data", "application/octet-stream"}
    refused = paths["/api/v1/recordings/{id}"]["get"]["responses"]["404"]["content"]
    assert refused["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}
    assert "HTTPValidationError" not in {
        schema["$ref"].rpartition("/")[2]
        for path, methods in paths.items()
        if path.startswith("/api/v1/recordings")
        for method in methods.values()
        for response in method["responses"].values()
        for schema in [response.get("content", {}).get("application/json", {}).get("schema", {})]
        if "$ref" in schema
    }
