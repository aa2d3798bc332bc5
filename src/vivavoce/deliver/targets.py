"""Where webhooks may be: on the web, and in those networks of ours that the settings name.

A server reaches what those who use it may not. So nobody gets it to speak to the machines
around it by naming them: a name is looked up here, and what is connected to is the very
address that was judged, whatever the name means a moment later.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from httpx2 import URL, InvalidURL

from vivavoce.core.errors import PeerError
from vivavoce.deliver.postman import NotNow, Refused

LONGEST: Final = 2000
"""Characters of an address."""

LOOKED_UP: Final = 10.0
"""Seconds that finding a name's addresses may take."""

_NAT64: Final = ip_network("64:ff9b::/96")

Ip = IPv4Address | IPv6Address


class BadTarget(PeerError):
    """What no webhook can be."""

    code, status = "bad_target", 422


@dataclass(frozen=True, slots=True)
class Guard:
    """`networks` may be told beside the public ones."""

    networks: tuple[str, ...] = ()

    def allows(self, ip: Ip) -> bool:
        """Whether this may be connected to."""
        meant = _meant(ip)
        named = any(meant in ip_network(network) for network in self.networks)
        return named or (meant.is_global and not meant.is_multicast)

    async def addresses(self, url: URL) -> Sequence[str]:
        """What a URL's host may be connected to by. Raises `Refused`, `NotNow`."""
        host = url.raw_host.decode()
        try:
            found: list[Ip] = [ip_address(host.strip("[]"))]
        except ValueError:
            found = await _looked_up(host, url.port or (443 if url.scheme == "https" else 80))
        allowed = [str(ip) for ip in found if self.allows(ip)]
        if not allowed:
            raise Refused(
                f"{host} is {found[0]}, which is not a public address; the setting "
                "webhook_networks names the networks that may be told all the same."
            )
        return allowed


def parsed(text: str) -> URL:
    """A webhook's address. Raises `BadTarget`."""
    try:
        url = URL(text.strip())
    except (InvalidURL, ValueError):
        raise BadTarget("The webhook's url is no address.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise BadTarget("The webhook's url is to begin with https:// or http:// and a host.")
    if "%" in url.host or (url.port or 0) > 65535:
        raise BadTarget("The webhook's url is no address.")
    if url.userinfo:
        raise BadTarget("The webhook's url holds a name or a password, which others would see.")
    if len(str(url)) > LONGEST:
        raise BadTarget(f"The webhook's url is longer than {LONGEST} characters.")
    return url.copy_with(fragment=None)


def _meant(ip: Ip) -> Ip:
    """An IPv4 address that is written within one of IPv6 is what is connected to."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


async def _looked_up(host: str, port: int) -> list[Ip]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOOKED_UP):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotNow(f"There is no address to the name {host}.") from None
    return [ip_address(str(info[4][0]).partition("%")[0]) for info in found]
