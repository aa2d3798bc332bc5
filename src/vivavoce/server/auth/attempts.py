"""Keys that were none, by address: who guesses waits, each time twice as long."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic
from typing import Final

FREE: Final = 5
"""Failures without a wait at the sign-in page: people mistype."""

FREE_REQUESTS: Final = 60
"""Without one of requests: a program with a key that was revoked is not to lock its neighbours
out at once, who may share its address."""

LONGEST: Final = 300.0
"""Seconds of the longest wait."""

FORGOTTEN: Final = 900.0
"""Seconds after the last failure."""

MOST: Final = 10_000
"""Addresses that are remembered; the one that failed longest ago goes first."""


@dataclass(slots=True)
class _Failed:
    times: int = 0
    last: float = 0.0


class Attempts:
    """`free`: failures without a wait. `clock`: seconds of a clock that never goes back."""

    def __init__(self, clock: Callable[[], float] = monotonic, free: int = FREE) -> None:
        self._clock = clock
        self._free = free
        self._failed: OrderedDict[str, _Failed] = OrderedDict()
        self.failures = 0
        """Since the process began, of all addresses."""

    def wait(self, address: str | None) -> float:
        """Seconds until somebody at this address may try again; 0: now."""
        found = self._failed.get(_home(address))
        if found is None or found.times < self._free:
            return 0.0
        due = found.last + min(LONGEST, 2.0 ** (found.times - self._free))
        return max(0.0, due - self._clock())

    def failed(self, address: str | None) -> None:
        """Somebody there had no key of ours."""
        now, home = self._clock(), _home(address)
        found = self._failed.pop(home, _Failed())
        if now - found.last > FORGOTTEN:
            found.times = 0
        self._failed[home] = _Failed(found.times + 1, now)
        self.failures += 1
        if len(self._failed) > MOST:
            self._failed.popitem(last=False)

    def succeeded(self, address: str | None) -> None:
        """Somebody there had one."""
        self._failed.pop(_home(address), None)


def _home(address: str | None) -> str:
    """Who has one address of IPv6 has all of its network."""
    try:
        ip = ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ip_network((ip, 64), strict=False))
    return str(ip)
