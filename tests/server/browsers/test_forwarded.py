"""What a proxy says of its visitors, and who is believed."""

from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from vivavoce.server.browsers.forwarded import Forwarded

pytestmark = pytest.mark.anyio

PROXIES = ("10.0.0.0/8", "127.0.0.1", "2001:db8:1::/48")


async def seen(proxies: tuple[str, ...], client: Any, *headers: tuple[str, str]) -> Scope:
    """What the application behind it is told."""
    told: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        told.append(scope)

    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    raw.insert(0, (b"host", b"inner:8000"))
    scope = {"type": "http", "scheme": "http", "client": client, "headers": raw}
    await Forwarded(app, proxies)(scope, None, None)  # type: ignore[arg-type]
    return told[0]


def host(scope: Scope) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == b"host"]


async def test_a_proxy_is_believed() -> None:
    headers = (
        ("X-Forwarded-For", "192.0.2.7"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "voice.example.org"),
    )
    scope = await seen(PROXIES, ("10.1.2.3", 5000), *headers)
    assert scope["client"] == ("192.0.2.7", 0)
    assert scope["scheme"] == "https"
    assert host(scope) == [b"voice.example.org"]


async def test_nobody_else_is() -> None:
    headers = (
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "localhost"),
    )
    for client in (("192.0.2.7", 5000), ("not an address", 0), None):
        scope = await seen(PROXIES, client, *headers)
        assert (scope["client"], scope["scheme"]) == (client, "http")
        assert host(scope) == [b"inner:8000"]


async def test_one_on_this_machine_is_believed_that_somebody_is_behind_it() -> None:
    headers = (("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Host", "localhost"))
    scope = await seen((), ("127.0.0.1", 5000), *headers, ("X-Forwarded-Proto", "https"))
    assert (scope["client"], scope["scheme"]) == (("192.0.2.7", 0), "http")
    assert host(scope) == [b"inner:8000"]
    assert (await seen((), ("::1", 1)))["client"] == ("::1", 1)


@pytest.mark.parametrize(
    ("chain", "visitor"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("127.0.0.1, 192.0.2.7, 10.0.0.9", "192.0.2.7"),  # the first was written by the visitor
        ("203.0.113.1:4711, 10.0.0.9:80", "203.0.113.1"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("2001:db8:1::5", "2001:db8:1::5"),  # a proxy of ours asks for itself
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("10.0.0.1, 10.0.0.2", "10.0.0.1"),
        ("unknown", None),
        ("192.0.2.7, _hidden", None),  # not this machine, for all that is known
    ],
)
async def test_the_visitor_is_the_last_that_is_no_proxy(chain: str, visitor: str | None) -> None:
    scope = await seen(PROXIES, ("127.0.0.1", 5000), ("X-Forwarded-For", chain))
    assert scope["client"] == ((visitor, 0) if visitor else None)


async def test_a_proxy_that_tells_of_no_visitor_asks_for_itself() -> None:
    scope = await seen(PROXIES, ("127.0.0.1", 5000), ("X-Forwarded-For", ""))
    assert scope["client"] == ("127.0.0.1", 5000)


async def test_who_believes_everybody_believes_the_nearest() -> None:
    headers = (("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-For", "192.0.2.7"))
    assert (await seen(("*",), None, *headers))["client"] == ("192.0.2.7", 0)


@pytest.mark.parametrize("scheme", ["https, http", "ftp", ""])
async def test_a_scheme_that_is_none_is_left(scheme: str) -> None:
    scope = await seen(PROXIES, ("127.0.0.1", 1), ("X-Forwarded-Proto", scheme))
    assert scope["scheme"] == "http"
