"""What a proxy says of whom it speaks for: heard from `trusted_proxies`, and from nobody else.

Who is believed puts the visitor's address, scheme and host in the place of the proxy's own, so
that all that comes after this sees the visitor: limits, logs, links, the checks of `guard.py`.

One on this machine is believed, unnamed, that somebody else is behind it: without keys this
machine is let in, and a proxy is not to let in the world.
"""

from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from vivavoce.server.auth.here import is_here

ANY: Final = "*"

_SCHEMES: Final = {"http": ("http", "ws"), "https": ("https", "wss")}


class Forwarded:
    """ASGI middleware. `proxies`: networks and addresses; `*`: whoever connects is a proxy."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self._app = app
        self._any = ANY in proxies
        self._networks = tuple(ip_network(name) for name in proxies if name != ANY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            if self._trusts(scope):
                scope = self._told(scope)
            elif is_here(scope.get("client")):
                scope = self._visited(scope)
        await self._app(scope, receive, send)

    def _trusts(self, scope: Scope) -> bool:
        client = scope.get("client")
        return self._any or (client is not None and self._is_proxy(client[0]))

    def _is_proxy(self, address: str) -> bool:
        ip = _address(address)
        return ip is not None and any(ip in network for network in self._networks)

    def _visited(self, scope: Scope) -> Scope:
        """By the visitor, where one is told of; by nobody known where it cannot be read of whom."""
        chain = _values(scope["headers"], b"x-forwarded-for")
        if not chain:
            return scope
        visitor = self._visitor(chain)
        return {**scope, "client": None if visitor is None else (visitor, 0)}

    def _told(self, scope: Scope) -> Scope:
        told = dict(self._visited(scope))
        headers = list(scope["headers"])
        match _values(headers, b"x-forwarded-proto"):
            case [scheme] if scheme in _SCHEMES:
                told["scheme"] = _SCHEMES[scheme][scope["type"] == "websocket"]
        match _values(headers, b"x-forwarded-host"):
            case [host]:
                kept = [(name, value) for name, value in headers if name != b"host"]
                told["headers"] = [(b"host", host.encode("latin-1")), *kept]
        return told

    def _visitor(self, chain: list[str]) -> str | None:
        """The nearest that is no proxy of ours: what stands before it, anybody may have written."""
        for text in reversed(chain):
            ip = _address(text)
            if ip is None:
                return None
            if not self._is_proxy(str(ip)):
                return str(ip)
        return str(_address(chain[0]))


def _values(headers: list[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """Of a header that may be there several times, or be a list."""
    found = b",".join(value for key, value in headers if key == name).decode("latin-1")
    return [part for value in found.split(",") if (part := value.strip())]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """`192.0.2.1`, `192.0.2.1:5000`, `2001:db8::1` or `[2001:db8::1]:5000`."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    with suppress(ValueError):
        ip = ip_address(text)
        return getattr(ip, "ipv4_mapped", None) or ip
    return None
