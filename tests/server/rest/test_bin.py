"""The bin, and its emptying on a clock that the test reads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx2
import pytest

from tests.server.conftest import Serving
from vivavoce.core.commands import Options, Start
from vivavoce.core.errors import NotFound
from vivavoce.core.types import AudioFormat
from vivavoce.server.rest.bin import empty
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio
DAYS = timedelta(days=30)


@pytest.fixture
async def path(http: httpx2.AsyncClient, talk: bytes) -> str:
    """Of a recording that has ended."""
    made = (await http.post("/recordings", params={"wait": "true"}, content=talk)).json()
    return f"/recordings/{made['id']}"


async def listed(http: httpx2.AsyncClient, **params: Any) -> list[str]:
    return [row["id"] for row in (await http.get("/recordings", params=params)).json()["items"]]


async def test_what_is_in_the_bin_is_hidden_until_it_is_taken_out(
    http: httpx2.AsyncClient, path: str
) -> None:
    id = path.rpartition("/")[2]
    binned = (await http.post(f"{path}/bin")).json()
    assert binned["deleted_at"].endswith("Z")
    assert (await http.post(f"{path}/bin")).json() == binned  # since then, not since now
    assert await listed(http) == []
    assert await listed(http, deleted="true") == [id]
    assert (await http.get("/search", params={"q": "alfa"})).json()["items"] == []
    assert (await http.get(path)).json() == binned
    assert (await http.get(f"{path}/audio")).status_code == 200  # to see what it is
    restored = (await http.delete(f"{path}/bin")).json()
    assert restored["deleted_at"] is None
    assert await listed(http) == [id]
    assert len((await http.get("/search", params={"q": "alfa"})).json()["items"]) == 1


async def test_what_is_live_is_not_thrown_away(http: httpx2.AsyncClient, parts: Services) -> None:
    seat = await parts.hub.start(Start(AudioFormat(), Options(title="Now")))
    answer = await http.post(f"/recordings/{seat.ready.session}/bin")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "live")
    assert (await http.post(f"/recordings/{'0' * 26}/bin")).status_code == 404


async def test_the_bin_is_emptied_after_its_days(
    http: httpx2.AsyncClient, parts: Services, path: str, talk: bytes
) -> None:
    other = (await http.post("/recordings", params={"wait": "true"}, content=talk)).json()
    binned = (await http.post(f"{path}/bin")).json()
    at = datetime.fromisoformat(binned["deleted_at"])
    await empty(parts, at + DAYS - timedelta(seconds=1))
    assert (await http.get(path)).status_code == 200
    await empty(parts, at + DAYS)
    for gone in ("", "/audio", "/transcript"):
        assert (await http.get(path + gone)).status_code == 404
    assert await listed(http) == [other["id"]]
    folder = parts.settings.data_dir / "blobs" / "recordings" / binned["id"]
    assert not folder.exists()


async def test_what_is_taken_out_meanwhile_stays(
    parts: Services, http: httpx2.AsyncClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = path.rpartition("/")[2]
    looks = iter([[("local", id), ("local", "0" * 26)], []])

    async def binned(*_: object) -> list[tuple[str, str]]:
        return next(looks)

    monkeypatch.setattr(parts.repository, "binned", binned)
    await empty(parts, datetime.now(UTC))
    assert (await http.get(path)).status_code == 200


async def test_a_server_without_a_bin_deletes_at_once_and_one_that_starts_empties_it(
    serving: Serving, tmp_path: Path, talk: bytes
) -> None:
    async with serving(tmp_path) as app:
        parts: Services = app.state.services
        async with client(app) as http:
            assert (await http.get("/info")).json()["bin_days"] == 30
            params = {"wait": "true"}
            one, two, three = [
                (await http.post("/recordings", params=params, content=talk)).json()["id"]
                for _ in range(3)
            ]
        long_ago = datetime.now(UTC) - DAYS
        await parts.repository.bin("local", one, long_ago)
    async with serving(tmp_path) as app:
        parts = app.state.services
        async with client(app) as http:
            with anyio.fail_after(60):
                while await listed(http, deleted="true"):
                    await anyio.lowlevel.checkpoint()  # it begins as soon as the server does
            assert set(await listed(http)) == {two, three}
    async with serving(tmp_path, bin_days=0) as app:
        parts = app.state.services
        async with client(app) as http:
            assert (await http.post(f"/recordings/{two}/bin")).status_code == 200
            assert await listed(http, deleted="true") == []
            assert await listed(http) == [three]
        with pytest.raises(NotFound):
            await parts.repository.get("local", two)


def client(app: Any) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test/api/v1")
