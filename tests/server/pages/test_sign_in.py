"""A person signs in with a key, and out again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from tests.server.conftest import Serving
from vivavoce.library.keys import SCOPES, Key, Keys, Scope, key_hash, new_key
from vivavoce.server.auth.attempts import FREE, Attempts
from vivavoce.server.auth.credentials import COOKIE, SECURE_COOKIE

pytestmark = pytest.mark.anyio

PAGE = {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture(scope="module")
async def app(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    async with serving(tmp_path_factory.mktemp("data"), auth="keys") as app:
        yield app


@pytest.fixture
async def site(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser, as far as cookies are concerned."""
    parts = app.state.services
    app.state.services = replace(parts, auth=replace(parts.auth, at_page=Attempts()))
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    base = "http://localhost"
    async with httpx2.AsyncClient(
        transport=transport, base_url=base, headers={"Origin": base}
    ) as client:
        yield client


async def key(app: FastAPI, *scopes: Scope, name: str = "Ada", **about: Any) -> tuple[str, str]:
    """The id and the text of a new key."""
    id, text = new_key()
    keys = Keys(app.state.services.repository.tables)
    made = Key(
        id=id,
        owner="ada",
        name=name,
        sha256=key_hash(text),
        scopes=scopes or SCOPES,
        created_at=datetime.now(UTC),
        **about,
    )
    await keys.add(made)
    return id, text


async def sign_in(site: httpx2.AsyncClient, text: str) -> httpx2.Response:
    return await site.post("/api/v1/session", json={"key": text})


async def test_a_key_opens_the_studio(app: FastAPI, site: httpx2.AsyncClient) -> None:
    _, text = await key(app)
    assert (await site.get("/api/v1/recordings")).status_code == 401
    answer = await sign_in(site, f" {text}\n")
    assert answer.json() == {"keys": True, "name": "Ada", "scopes": sorted(SCOPES)}
    assert text not in answer.headers["Set-Cookie"]
    assert (await site.get("/api/v1/recordings")).status_code == 200
    assert (await site.get("/", headers=PAGE)).status_code == 200


async def test_the_cookie_is_for_this_server_and_for_no_script(
    app: FastAPI, site: httpx2.AsyncClient
) -> None:
    _, text = await key(app)
    cookie = SimpleCookie((await sign_in(site, text)).headers["Set-Cookie"])[COOKIE]
    assert cookie["httponly"] is True
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("lax", "/", "3600")
    assert cookie["domain"] == ""
    assert cookie["secure"] == ""

    secure = "https://localhost"
    answer = await site.post(
        f"{secure}/api/v1/session", json={"key": text}, headers={"Origin": secure}
    )
    cookie = SimpleCookie(answer.headers["Set-Cookie"])[SECURE_COOKIE]
    assert cookie["secure"] is True


async def test_it_is_renewed_and_forgotten(app: FastAPI, site: httpx2.AsyncClient) -> None:
    _, text = await key(app)
    await sign_in(site, text)
    answer = await site.get("/api/v1/session")
    assert answer.json()["name"] == "Ada"
    assert COOKIE in SimpleCookie(answer.headers["Set-Cookie"])
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await site.delete("/api/v1/session")).status_code == 204
    assert COOKIE not in site.cookies
    assert (await site.get("/api/v1/session")).json() == {"keys": True, "name": None, "scopes": []}
    assert (await site.get("/api/v1/recordings")).status_code == 401


async def test_it_is_worth_nothing_without_its_key(app: FastAPI, site: httpx2.AsyncClient) -> None:
    id, text = await key(app)
    await sign_in(site, text)
    parts = app.state.services
    await Keys(parts.repository.tables).revoke(id, datetime.now(UTC))
    parts.auth.keys._known.clear()  # what was found is believed for two seconds
    assert (await site.get("/api/v1/recordings")).status_code == 401
    assert (await site.get("/api/v1/session")).json()["name"] is None
    assert "revoked" in (await sign_in(site, text)).json()["error"]["message"]


async def test_other_pages_cannot_ride_on_it(app: FastAPI, site: httpx2.AsyncClient) -> None:
    """One on another port of this machine is of the same site: browsers send it the cookie."""
    _, text = await key(app)
    await sign_in(site, text)
    for origin in ("http://localhost:3000", "http://evil.example", "null"):
        answer = await site.post("/api/v1/live", json={}, headers={"Origin": origin})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin")
    del site.headers["Origin"]
    answer = await site.post("/api/v1/live", json={})
    assert answer.status_code == 401, "a program has a key, and no cookie"
    assert (await site.get("/api/v1/recordings")).status_code == 200


async def test_pages_that_may_use_the_server_cannot_either(
    serving: Serving, tmp_path_factory: pytest.TempPathFactory
) -> None:
    allowed = "http://localhost:3000"
    folder = tmp_path_factory.mktemp("open")
    async with serving(folder, auth="keys", origins=(allowed,)) as app:
        _, text = await key(app)
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as site:
            await sign_in(site, text)
            answer = await site.post("/api/v1/live", json={}, headers={"Origin": allowed})
            assert answer.status_code == 401
            bearer = {"Origin": allowed, "Authorization": f"Bearer {text}"}
            answer = await site.post("/api/v1/live", json={}, headers=bearer)
            assert answer.status_code == 400, "by a key of their own they may"


async def test_who_guesses_waits(app: FastAPI, site: httpx2.AsyncClient) -> None:
    _, text = await key(app)
    for _ in range(FREE):
        answer = await sign_in(site, new_key()[1])
        assert answer.status_code == 401
        assert "Set-Cookie" not in answer.headers
    answer = await sign_in(site, text)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) >= 1
    assert app.state.services.auth.at_page.failures == FREE


@pytest.mark.parametrize("text", ["", "vv_", "no key", "vv_aaaaaaaaaaaa_" + "b" * 40])
async def test_what_is_no_key_is_told_so(
    site: httpx2.AsyncClient, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await sign_in(site, text)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "bad_credentials"
    assert len(text) < 4 or text not in caplog.text + answer.text


async def test_one_that_has_expired_does_not_open(app: FastAPI, site: httpx2.AsyncClient) -> None:
    _, text = await key(app, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert "expired" in (await sign_in(site, text)).json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/", "/sign-in"),
        ("/connect", "/sign-in?to=connect"),
        ("/list-audio?cursor=a%2Fb", "/sign-in?to=list-audio%3Fcursor%3Da%252Fb"),
        ("/dictate", "/sign-in?to=dictate"),
    ],
)
async def test_a_person_is_sent_to_sign_in(site: httpx2.AsyncClient, path: str, to: str) -> None:
    answer = await site.get(path, headers=PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, to)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["//evil.example/", "/%2F/evil.example", "/\\evil.example"])
async def test_and_nowhere_else(site: httpx2.AsyncClient, path: str) -> None:
    answer = await site.get(f"http://localhost{path}", headers=PAGE)
    place = answer.headers.get("Location", "")
    assert answer.status_code == 404 or place.startswith("/sign-in")


async def test_a_program_is_told_in_words(site: httpx2.AsyncClient) -> None:
    for headers in ({"Accept": "*/*"}, {**PAGE, "Sec-Fetch-Mode": "cors"}):
        answer = await site.get("/connect", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "bad_credentials")


async def test_the_page_needs_no_key(site: httpx2.AsyncClient) -> None:
    for path in ("/sign-in", "/studio/sign-in.js", "/studio/style/sign-in.css"):
        assert (await site.get(path)).status_code == 200


async def test_without_keys_there_is_nothing_to_sign_in_to(
    serving: Serving, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with serving(tmp_path_factory.mktemp("none")) as app:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as site:
            session = (await site.get("/api/v1/session")).json()
            assert session == {"keys": False, "name": None, "scopes": sorted(SCOPES)}
            assert (await sign_in(site, "vv_x")).status_code == 400
            assert (await site.get("/", headers=PAGE)).status_code == 200
