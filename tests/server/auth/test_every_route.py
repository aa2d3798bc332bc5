"""Every address of the application, asked with every kind of key.

The addresses are the application's own routes, so that a new one cannot escape: who adds one has
to say in `scopes.py` what it asks for, and all of this is then true of it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Match, Mount, Route, WebSocketRoute

from tests.server.auth.asking import Asked, Reached, ask
from tests.server.auth.conftest import MakeKey
from vivavoce.dialects.eventstream import unpack
from vivavoce.library.keys import SCOPES, Scope, new_key
from vivavoce.server.auth import refusals
from vivavoce.server.auth.credentials import COOKIE
from vivavoce.server.auth.principal import LOCAL
from vivavoce.server.auth.scopes import rule
from vivavoce.server.auth.tokens import Tokens
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FILES = ("/studio/x", "/embed/x")
HOURS = timedelta(hours=1)


@dataclass(frozen=True)
class Address:
    method: str  # WS: a WebSocket
    path: str  # with something in the place of every parameter
    need: str  # as the table says

    @property
    def asks(self) -> bool:
        """Whether a request is answered by the gate, not by what is behind it."""
        return self.need not in ("public", "inside")

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.need})"


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path that somebody in the application answers to."""
    for route in iter_route_contexts(app.routes):
        assert route.path is not None
        path = filled(route.path)
        match route.original_route:
            case Mount():
                yield from ((method, f"{path}/x") for method in (*METHODS, "WS"))
            case WebSocketRoute():
                yield "WS", path
            case Route():
                yield from ((method, path) for method in sorted(route.methods or ()))
            case other:
                raise AssertionError(f"{other} is of a kind that nobody here knows")


def filled(path: str) -> str:
    return re.sub(r"{\w+(:\w+)?}", "01h00000000000000000000000", path)


@pytest.fixture(scope="module")
async def addresses(keyed: FastAPI) -> list[Address]:
    found = []
    for method, path in routes(keyed):
        row = rule(method, path)
        assert row is not None, f"{method} {path} is not in the table"
        found.append(Address(method, path, row.need))
    return found


async def test_the_addresses_are_those_of_all_protocols(addresses: list[Address]) -> None:
    asked = {(address.method, address.path) for address in addresses}
    assert len(asked) > 100
    assert {
        ("WS", "/api/v1/live"),
        ("GET", "/api/v1/recordings"),
        ("WS", "/v1/realtime"),
        ("POST", "/v1/audio/transcriptions"),
        ("POST", "/stream-transcription"),
        ("WS", "/speech/universal/v2"),
        ("POST", "/transcribe"),
        ("WS", "/ws/transcribe"),
        ("POST", "/webrtc/offer"),
        ("WS", "/socket.io/x"),
    } <= asked


@pytest.fixture
async def wrong(services: Services, make_key: MakeKey) -> dict[str, tuple[str, str]]:
    """Headers by which nobody is known."""
    tokens = services.auth.tokens
    good = await make_key()
    revoked = await make_key(revoked=True)
    who = await services.auth.keys.authenticate(good)
    bearer = {
        "no key": "",
        "rubbish": "abracadabra",
        "of nobody": new_key()[1],
        "another secret": good[:-1] + ("a" if good[-1] != "a" else "b"),
        "revoked": revoked,
        "expired": await make_key(expires_in=-HOURS),
        "an old token": tokens.make(who, -HOURS)[0],
        "a page's token": tokens.make(who, HOURS, use="page")[0],
        "a token from when there were no keys": tokens.make(LOCAL, HOURS)[0],
        "another server's token": Tokens(bytes(32), services.auth.keys).make(who, HOURS)[0],
    }
    found = {name: ("authorization", f"Bearer {text}") for name, text in bearer.items()}
    found["no key"] = ("accept", "*/*")
    found["a key as a cookie"] = ("cookie", f"{COOKIE}={good}")
    return found


def shown(key: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {key}")


async def test_nobody_gets_in_whom_the_server_does_not_know(
    keyed: FastAPI, reached: Reached, addresses: list[Address], wrong: dict[str, tuple[str, str]]
) -> None:
    for address in filter(lambda address: address.asks, addresses):
        for kind, header in wrong.items():
            asked = await ask(keyed, address.method, address.path, header)
            assert refused(address, asked, "bad_credentials"), f"{address} with {kind}"
    assert reached.scopes == []  # and nothing was done


async def test_a_key_in_an_address_is_none(
    keyed: FastAPI, reached: Reached, make_key: MakeKey, addresses: list[Address]
) -> None:
    key = await make_key()
    for address in filter(lambda address: address.asks, addresses):
        asked = await ask(keyed, address.method, address.path, query=f"token={key}")
        assert refused(address, asked, "bad_credentials"), address
    assert reached.scopes == []


async def test_a_token_in_an_address_is_one(
    keyed: FastAPI,
    reached: Reached,
    services: Services,
    make_key: MakeKey,
    addresses: list[Address],
) -> None:
    key = await make_key()
    who = await services.auth.keys.authenticate(key)
    token, _ = services.auth.tokens.make(who, HOURS)
    for address in addresses:
        asked = await ask(keyed, address.method, address.path, query=f"token={token}&x=1")
        assert let_in(asked), address
    assert {scope["query_string"] for scope in reached.scopes} == {b"token=-&x=1"}


@pytest.mark.parametrize("lesser", SCOPES)
async def test_a_key_may_what_its_scope_says(
    keyed: FastAPI,
    reached: Reached,
    make_key: MakeKey,
    addresses: list[Address],
    lesser: Scope,
) -> None:
    """With each scope alone: whatever asks for another is refused, and the rest is not."""
    key = await make_key(lesser)
    allowed = 0
    for address in addresses:
        asked = await ask(keyed, address.method, address.path, shown(key))
        if address.need in SCOPES and address.need != lesser:
            assert refused(address, asked, "forbidden"), address
        else:
            assert let_in(asked), address
            allowed += 1
    assert len(reached.scopes) == allowed
    assert {scope["state"]["principal"].id for scope in reached.scopes} == {"ada"}


async def test_who_is_known_may_with_all_scopes(
    keyed: FastAPI, reached: Reached, make_key: MakeKey, addresses: list[Address]
) -> None:
    key = await make_key()
    for address in addresses:
        assert let_in(await ask(keyed, address.method, address.path, shown(key))), address
    assert len(reached.scopes) == len(addresses)


async def test_what_is_public_is_for_everybody(
    keyed: FastAPI, reached: Reached, addresses: list[Address], wrong: dict[str, tuple[str, str]]
) -> None:
    public = [address for address in addresses if address.need == "public"]
    for address in public:
        for kind, header in wrong.items():
            asked = await ask(keyed, address.method, address.path, header)
            assert let_in(asked), f"{address} with {kind}"
    assert {address.path for address in public} >= {"/health", "/ready", "/studio/x"}
    assert not any(address.path.startswith("/v1/") for address in public)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", "/api/v1/nowhere"),
        ("BREW", "/api/v1/recordings"),
        ("PUT", "/api/v1/recordings"),
        ("POST", "/api/v1/search"),
        ("GET", "//api/v1/recordings"),
        ("GET", "/api/v1//recordings"),
        ("GET", "/API/v1/recordings"),
        ("GET", "/studio"),
    ],
)
async def test_what_is_not_in_the_table_is_refused(
    keyed: FastAPI, reached: Reached, make_key: MakeKey, method: str, path: str
) -> None:
    """Whoever asks."""
    key = await make_key()
    asked = await ask(keyed, method, path, shown(key))
    assert (asked.status, reached.scopes) == (404, [])


async def test_the_table_is_about_the_route_that_answers(
    keyed: FastAPI, addresses: list[Address]
) -> None:
    """Where two paths fit, the first of the table is the first of the application's."""
    for address in addresses:
        if address.method == "WS" and address.path in FILES:
            continue  # where files are, no WebSocket is
        scope: dict[str, Any] = {
            "type": "websocket" if address.method == "WS" else "http",
            "method": address.method,
            "path": address.path,
            "root_path": "",
            "headers": [],
            "subprotocols": ["USP"],
        }
        every = iter_route_contexts(keyed.routes)
        first = next(route for route in every if route.matches(dict(scope))[0] is Match.FULL)
        row = rule(address.method, address.path)
        assert row is not None
        mounted = isinstance(first.original_route, Mount)
        assert row.path == f"{first.path}/{{path:path}}" if mounted else first.path, address


# --- how


def let_in(asked: Asked) -> bool:
    return asked.status in (299, 101) and (asked.status == 299 or asked.close == (1000, "reached"))


def refused(address: Address, asked: Asked, code: str) -> bool:
    """Whether it is refused for this reason, in the manner of its protocol."""
    if address.method == "WS":
        return _by_websocket(address.path, asked, code)
    return _by_http(address, asked, code)


def _by_http(address: Address, asked: Asked, code: str) -> bool:
    status = 401 if code == "bad_credentials" else 403
    if address.path in refusals.AWS:
        name = {401: "UnrecognizedClientException", 403: "AccessDeniedException"}[status]
        return (asked.status, asked.headers["x-amzn-errortype"]) == (403, name)
    if asked.status != status:
        return False
    if (status == 401) != (asked.headers.get("www-authenticate") == "Bearer"):
        return False
    if address.method == "HEAD":
        return True
    error = json.loads(asked.body)["error"]
    if address.path in refusals.PAGE:
        return isinstance(error, str) and error.endswith(".")
    if address.path.startswith("/v1/"):
        theirs = "invalid_api_key" if status == 401 else "forbidden"
        return (error["code"], error["type"]) == (theirs, "invalid_request_error")
    return (error["code"], error["retryable"]) == (code, False)


def _by_websocket(path: str, asked: Asked, code: str) -> bool:
    close = (4401, code) if code == "bad_credentials" else (1008, code)
    if path.startswith(("/api/v1/live", "/ws")):
        (said,) = asked.said
        return asked.close == close and "." in str(said)
    if path == "/v1/realtime":
        (event,) = map(json.loads, asked.said)
        theirs = "invalid_api_key" if code == "bad_credentials" else code
        number = 3000 if code == "bad_credentials" else 3003
        return (event["type"], event["error"]["code"]) == ("error", theirs) and (
            asked.close[0] == number
        )
    if path in refusals.AWS:
        (message,) = asked.said
        assert isinstance(message, bytes)
        headers, _ = unpack(message)
        return headers[":exception-type"] in (
            "UnrecognizedClientException",
            "AccessDeniedException",
        ) and (asked.close == close)
    return asked.status == (401 if code == "bad_credentials" else 403)  # of the handshake
