"""Say on the local network that a Wyoming service is here, so that Home Assistant finds it."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, ip_address

import structlog

from vivavoce.core.errors import SettingError

SERVICE = "_wyoming._tcp.local."
LOCALHOST = "127.0.0.1"

log = structlog.get_logger()


@asynccontextmanager
async def announced(host: str, port: int) -> AsyncIterator[None]:
    """Inside, whoever browses for Wyoming services on `host`'s networks finds this one.

    Raises `SettingError` where zeroconf is not installed. Where there is no network to say it
    on, the server runs all the same.
    """
    try:
        from zeroconf import Error, InterfaceChoice, IPVersion
        from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf
    except ImportError:
        raise SettingError(
            "wyoming_announce needs zeroconf: pip install 'vivavoce[zeroconf]'."
        ) from None
    address = ip_address(LOCALHOST if host == "localhost" else host or "0.0.0.0")  # noqa: S104
    only = isinstance(address, IPv4Address) and not address.is_unspecified
    try:
        zeroconf = AsyncZeroconf(
            interfaces=[str(address)] if only else InterfaceChoice.All,
            ip_version=IPVersion.V4Only,
        )
    except OSError as error:
        log.warning("cannot announce the Wyoming service", reason=str(error))
        yield
        return
    try:
        info = AsyncServiceInfo(
            SERVICE,
            f"{_name()}.{SERVICE}",
            port,
            parsed_addresses=_own() if address.is_unspecified else [str(address)],
        )
        try:
            await zeroconf.async_register_service(info, allow_name_change=True)
            log.info("announced", service=info.name)
        except (Error, OSError) as error:
            log.warning("cannot announce the Wyoming service", reason=str(error))
        yield
    finally:
        await zeroconf.async_unregister_all_services()
        await zeroconf.async_close()


def _name() -> str:
    """As people see it; a label of DNS may have 63 bytes, and a name that is taken gets a
    number after it."""
    return f"Vivavoce on {socket.gethostname().partition('.')[0]}"[:56]


def _own() -> list[str]:
    """This machine's addresses, as its neighbours know them."""
    import ifaddr  # zeroconf brings it

    ips = (ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4)
    found = [str(ip.ip) for ip in ips]
    return [one for one in found if not ip_address(one).is_loopback] or found
