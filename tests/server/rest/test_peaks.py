"""A recording's loudness over its length."""

import asyncio

import httpx2
import pytest

from tests.server.conftest import wav
from vivavoce.core.commands import Options, Start
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.library.recording import folder
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio


async def made(http: httpx2.AsyncClient, audio: bytes) -> str:
    answer = await http.post("/recordings", params={"wait": "true"}, content=audio)
    found: str = answer.json()["id"]
    return found


async def test_silence_is_where_nobody_speaks(http: httpx2.AsyncClient, parts: Services) -> None:
    id = await made(http, wav(silence(1.0), say("alfa", "bravo"), silence(1.0)))
    answer = await http.get(f"/recordings/{id}/peaks")
    found = answer.json()
    second = round(found["rate"])
    assert found["rate"] == 100
    assert max(found["peaks"][: second - 1]) == 0
    assert max(found["peaks"][second : 2 * second]) > 10
    assert max(found["peaks"][-second + 1 :]) == 0
    assert "max-age" in answer.headers["cache-control"]


async def test_it_is_read_once_and_goes_with_the_recording(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    id = await made(http, talk)
    asked = (http.get(f"/recordings/{id}/peaks") for _ in range(3))
    first, *others = await asyncio.gather(*asked)
    assert {answer.content for answer in others} == {first.content}
    await parts.blobs.remove(f"{folder(id)}audio")  # it is not read again
    assert (await http.get(f"/recordings/{id}/peaks")).content == first.content
    assert not [*parts.settings.data_dir.glob("peaks-*")]

    await http.delete(f"/recordings/{id}")

    assert (await http.get(f"/recordings/{id}/peaks")).status_code == 404
    assert not (parts.settings.data_dir / "blobs" / folder(id)).exists()


async def test_what_has_none_says_so(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    id = await made(http, talk)
    await parts.blobs.remove(f"{folder(id)}audio")
    answer = await http.get(f"/recordings/{id}/peaks")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"The recording {id} has no audio."


async def test_a_live_one_has_none_yet(http: httpx2.AsyncClient, parts: Services) -> None:
    seat = await parts.hub.start(Start(AudioFormat(), Options(title="Now")))
    answer = await http.get(f"/recordings/{seat.ready.session}/peaks")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "live")


async def test_a_failed_upload_is_refused_in_words(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    id = await made(http, b"no audio at all" * 100)
    answer = await http.get(f"/recordings/{id}/peaks")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "bad_audio"
