"""A service on the network, seen by a real browser of services."""

import asyncio
import sys

import pytest
from zeroconf import IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from vivavoce.core.errors import SettingError
from vivavoce.server.transport.announce import SERVICE, announced

pytestmark = pytest.mark.anyio

PORT = 9  # nobody listens there, and nobody asks


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::"])
async def test_it_is_there_until_it_goes(host: str) -> None:
    changes: asyncio.Queue[tuple[ServiceStateChange, str]] = asyncio.Queue()

    def changed(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        changes.put_nowait((state_change, name))

    async def wait(state: ServiceStateChange) -> str:
        """For a service of ours: another test's may be there too."""
        while True:
            change, name = await changes.get()
            info = AsyncServiceInfo(SERVICE, name)
            if change is state is ServiceStateChange.Removed:
                return name
            found = change is state and await info.async_request(zeroconf.zeroconf, 60_000)
            if found and info.port == PORT:
                assert info.parsed_addresses()
                return name

    zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE, handlers=[changed])
    try:
        async with announced(host, PORT):
            name = await wait(ServiceStateChange.Added)
        while await wait(ServiceStateChange.Removed) != name:
            pass
    finally:
        await browser.async_cancel()
        await zeroconf.async_close()


async def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zeroconf", None)
    with pytest.raises(SettingError, match=r"pip install 'vivavoce\[zeroconf\]'"):
        async with announced("127.0.0.1", PORT):
            pass
