"""What is on this machine, and what is elsewhere."""

from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.types import Scope

LOOPBACK: Final = "127.0.0.1"


def is_here(client: tuple[str, int] | None) -> bool:
    """Whether a client is on this machine. One without an address comes by a socket file, which
    a proxy stands in front of: nobody knows for whom."""
    return client is not None and _is_loopback(client[0].partition("%")[0])


def address(scope: Scope) -> str | None:
    """Of who asks; None: it has none."""
    client = scope.get("client")
    return str(client[0]) if client else None


def only_here(host: str) -> bool:
    """Whether what is served on this address can be reached from this machine alone."""
    return host == "localhost" or _is_loopback(host)


def _is_loopback(text: str) -> bool:
    with suppress(ValueError):
        address = ip_address(text)
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            return address.ipv4_mapped.is_loopback
        return address.is_loopback
    return False
