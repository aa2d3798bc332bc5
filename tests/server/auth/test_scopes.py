"""The table of what addresses ask for; `test_every_route.py` holds it against the routes."""

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from vivavoce.core.errors import BadCredentials, Forbidden
from vivavoce.server.auth.principal import LOCAL, Principal
from vivavoce.server.auth.scopes import ANY, TABLE, WS, Rule, rule

pytestmark = pytest.mark.anyio
ONE = "01h00000000000000000000000"


async def test_no_row_is_about_a_route_that_is_not_there(keyed: FastAPI) -> None:
    routes = list(iter_route_contexts(keyed.routes))
    paths = {route.path for route in routes}
    mounts = {route.path for route in routes if isinstance(route.original_route, Mount)}
    paths |= {f"{path}/{{path:path}}" for path in mounts}
    assert [row for row in TABLE if row[1] not in paths] == []


def test_no_row_is_there_twice() -> None:
    assert len({row[:2] for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize(
    ("method", "path", "need"),
    [
        ("GET", "/api/v1/recordings", "read"),
        ("HEAD", "/api/v1/recordings", "read"),
        ("POST", "/api/v1/recordings", "transcribe"),
        ("DELETE", f"/api/v1/recordings/{ONE}", "manage"),
        (WS, "/api/v1/live", "transcribe"),
        (WS, "/anything/at/all", "transcribe"),
        ("OPTIONS", "/studio/app.js", "public"),
    ],
)
def test_an_address_has_its_row(method: str, path: str, need: str) -> None:
    found = rule(method, path)
    assert found is not None
    assert found.need == need


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/recordings\n"),
        ("GET", "/api/v1/recordings/"),
        ("PUT", "/api/v1/recordings"),
        ("GET", "/api/v1/live"),
        (ANY, "/nowhere"),
        ("GET", ""),
    ],
)
def test_what_has_no_row(method: str, path: str) -> None:
    assert rule(method, path) is None


READER = Principal("ada", "a viewer", frozenset({"read"}), "id", recording=ONE)


def test_a_token_for_one_recording_is_for_no_other() -> None:
    mine, other = (
        rule("GET", f"/api/v1/recordings/{id}/events") for id in (ONE, ONE.replace("h", "j"))
    )
    assert mine is not None
    mine.check(READER)
    assert other is not None
    with pytest.raises(Forbidden):
        other.check(READER)


@pytest.mark.parametrize("path", ["/api/v1/recordings", "/api/v1/search", "/api/v1/info"])
def test_nor_for_all_of_them(path: str) -> None:
    found = rule("GET", path)
    assert found is not None
    with pytest.raises(Forbidden):
        found.check(READER)


def test_who_is_nobody_may_what_is_public() -> None:
    Rule("/", "public", {}).check(None)
    with pytest.raises(BadCredentials):
        Rule("/", "known", {}).check(None)
    Rule("/", "manage", {}).check(LOCAL)
