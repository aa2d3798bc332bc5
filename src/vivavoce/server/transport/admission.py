"""Who may connect: so many at once, in all and from one address.

A connection is counted before a byte of it is read, so that ten thousand from one address cost
little more than being turned away.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final

import structlog

from vivavoce.config import Settings

MOST: Final = 10_000
"""Connections at once where the settings name no number and the system sets no limit."""

SPARED: Final = 0.25
"""Of the files that a process may open, those that are not for connections."""

SWEEP: Final = 10.0
"""Seconds after which a connection that is being closed, and whose client does not read its last
words, is broken off."""

FILES: Final = 1 << 16
"""Files that a server would like to have open. A live session has six, and its connection one."""

TURNED_AWAY: Final = 64
"""Connections at once that are told why; those beyond are cut."""

STATE: Final = "admission"
"""Its name in the state of the application's lifespan, where the transport finds it."""


log = structlog.get_logger()


@dataclass(eq=False, slots=True)
class Place:
    """One connection's; `leave` when it is over."""

    admission: "Admission"
    address: str | None  # None: none of its own that is counted
    transport: asyncio.BaseTransport | None = None
    closing: bool = False  # at the last look

    def leave(self) -> None:
        """As often as one likes."""
        self.admission.left(self)


@dataclass(eq=False, slots=True)
class Entry:
    """How a connection came in: with a place, or to be told why there is none, or for neither."""

    admission: "Admission"
    place: Place | None
    telling: bool

    @property
    def welcome(self) -> bool:
        """Whether there is anything to say to it."""
        return self.place is not None or self.telling

    def leave(self) -> None:
        """When it is over; as often as one likes."""
        if self.place is not None:
            self.place.leave()
        if self.telling:
            self.telling = False
            self.admission.told()


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a client has."""

    headers: float = 20  # for the headers of a request
    stalled: float = 300  # to read some of what it is told


@dataclass(eq=False, slots=True)
class Admission:
    """The connections of one server process, on all its ports."""

    most: int = MOST
    most_per_address: int = 1000
    unlimited: tuple[str, ...] = ()
    patience: Patience = Patience()
    places: set[Place] = field(default_factory=set)
    turned_away: int = 0  # since the start
    _from: Counter[str] = field(default_factory=Counter)
    _logged: int = 0  # of those turned away, before the last look
    _told: int = 0  # that are being told why not
    _sweeping: asyncio.TimerHandle | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Admission":
        most = settings.max_connections or default_most()
        return cls(
            most=most,
            # Or one address could have them all.
            most_per_address=min(settings.connections_per_address, max(1, most // 2)),
            unlimited=settings.unlimited_networks,
            patience=Patience(settings.headers_s, settings.stalled_s),
        )

    def admit(self, transport: asyncio.BaseTransport) -> Place | None:
        """A place; None: there is none for this client."""
        address = self._counted(transport)
        if len(self.places) >= self.most or (
            address is not None and self._from[address] >= self.most_per_address
        ):
            self._turn_away(address)
            return None
        place = Place(self, address, transport)
        self.places.add(place)
        if address is not None:
            self._from[address] += 1
        if self._sweeping is None:
            self._sweep_later()
        return place

    def enter(self, transport: asyncio.BaseTransport) -> Entry:
        """The same for a connection that may be told why it is turned away."""
        place = self.admit(transport)
        return Entry(self, place, place is None and self._may_tell())

    def _turn_away(self, address: str | None) -> None:
        """A flood is a line in the log for each `SWEEP`, no more."""
        if not self.turned_away - self._logged:
            log.warning("connections are turned away", address=address, open=len(self.places))
        self.turned_away += 1

    def left(self, place: Place) -> None:
        if place not in self.places:
            return
        self.places.remove(place)
        place.transport = None
        if place.address is not None:
            self._from[place.address] -= 1
            if not self._from[place.address]:
                del self._from[place.address]

    def told(self) -> None:
        """One more that was turned away has been told, or is gone."""
        self._told -= 1

    def _may_tell(self) -> bool:
        if self._told >= TURNED_AWAY:
            return False
        self._told += 1
        return True

    def _counted(self, transport: asyncio.BaseTransport) -> str | None:
        peer = transport.get_extra_info("peername")
        if not isinstance(peer, tuple) or not peer:  # a Unix socket has no address
            return None
        host = str(peer[0])
        return None if within(host, self.unlimited) else group(host)

    def _sweep_later(self) -> None:
        self._sweeping = asyncio.get_running_loop().call_later(SWEEP, self._sweep)

    def _sweep(self) -> None:
        self._sweeping = None
        self._logged = self.turned_away
        for place in list(self.places):
            transport: Any = place.transport
            closing = transport is not None and transport.is_closing()
            if closing and place.closing:
                transport.abort()
            place.closing = closing
        if self.places:
            self._sweep_later()


def default_most() -> int:
    """What the files that this process may open allow."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST
    return max(1, min(MOST, int(files * (1 - SPARED))))


def allow_files() -> None:
    """Let this process open more files, as far as it may say so itself: most systems begin with
    1024, which 150 live sessions have open."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@lru_cache(4096)
def group(host: str) -> str:
    """What is counted as one address: of IPv6 the 64 bits of a network, which one machine may
    use all of."""
    address = _address(host)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return host if address is None else str(address)


@lru_cache(4096)
def within(host: str, networks: tuple[str, ...]) -> bool:
    """Whether an address is in one of the networks."""
    address = _address(host)
    return address is not None and any(
        address in ip_network(network, strict=False) for network in networks
    )


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """IPv4 addresses come as IPv6 ones where one socket serves both."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
