"""What live sessions say, in Redis: for those who watch, and for whoever has to go on with one.

| key                       | type    | holds                                                    |
|---------------------------|---------|----------------------------------------------------------|
| `vivavoce:{<id>}:events`  | stream  | `Numbered` as JSON, in `e`; the last entry has `over`    |
| `vivavoce:{<id>}:interim` | stream  | the latest interim, in `i`                               |
| `vivavoce:{<id>}:sent`    | list    | latest places in the audio, newest first: `frames:bytes` |
| `vivavoce:{<id>}:asked`   | list    | the commands with their places, as in the journal        |
| `vivavoce:wanted`         | channel | sessions that somebody asks for                          |

The braces keep those of one session in one place where a service divides them into several.
They go a minute after the session has ended, or `KEPT` after somebody last said something.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, NamedTuple

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from vivavoce.core.events import Interim, Numbered
from vivavoce.live.replicas.port import Item

__all__ = ["Place", "Read", "RedisError", "RedisLog", "connect"]

KEPT: Final = 24 * 3600  # seconds

AFTER: Final = 60
"""Seconds after its end for which those who watch may still be behind."""

PLACES: Final = 128

BATCH: Final = 256
"""Events read at a time."""

WAIT: Final = 2000
"""Milliseconds that one reading waits for more."""

WANTED: Final = "vivavoce:wanted"

_event = msgspec.json.Decoder(Numbered)
_interim = msgspec.json.Decoder(Interim)


class Place(NamedTuple):
    """After so many frames the audio had so many bytes."""

    frames: int
    bytes: int


class Read(NamedTuple):
    """What one reading found, and where the next begins. `over`: no more will come."""

    items: list[Item]
    events: str = "0"
    interim: str = "0"
    over: bool = False


def connect(url: str, *, patience: float) -> Any:
    """A client of Redis, which connects when it is asked something. `patience`: seconds for an
    answer. Typed by what is asked of it: the library's own types are of every way of asking."""
    return Redis.from_url(
        url,
        protocol=2,
        socket_connect_timeout=5,
        socket_timeout=patience,
        health_check_interval=15,
        client_name="vivavoce",
    )


class RedisLog:
    """Any method may raise `RedisError`."""

    def __init__(self, url: str) -> None:
        self._redis = connect(url, patience=10)

    async def say(self, session: str, item: Item) -> None:
        """An event, or the interim that is the latest now."""
        data = msgspec.json.encode(item)
        async with self._redis.pipeline(transaction=False) as pipe:
            if isinstance(item, Interim):
                pipe.xadd(_key(session, "interim"), {"i": data}, maxlen=1, approximate=False)
                pipe.expire(_key(session, "interim"), KEPT)
            else:
                pipe.xadd(_key(session, "events"), {"e": data})
                pipe.expire(_key(session, "events"), KEPT)
            await pipe.execute()

    async def note(
        self, session: str, place: Place, asked: Sequence[bytes], *, anew: bool = False
    ) -> None:
        """How far the audio has come, and the commands since the last time; `anew`: from the
        first on."""
        sent = _key(session, "sent")
        async with self._redis.pipeline(transaction=True) as pipe:
            if anew:
                pipe.delete(_key(session, "asked"))
            if asked:
                pipe.rpush(_key(session, "asked"), *asked)
                pipe.expire(_key(session, "asked"), KEPT)
            pipe.lpush(sent, f"{place.frames}:{place.bytes}")
            pipe.ltrim(sent, 0, PLACES - 1)
            pipe.expire(sent, KEPT)
            await pipe.execute()

    async def end(self, session: str, *, forget: bool = False) -> None:
        """Nothing more will be said. `forget`: nor may what was said be read any more."""
        events = _key(session, "events")
        async with self._redis.pipeline(transaction=True) as pipe:
            if forget:
                pipe.delete(events)
            pipe.delete(*(_key(session, name) for name in ("interim", "sent", "asked")))
            pipe.xadd(events, {"over": b""})
            pipe.expire(events, AFTER)
            await pipe.execute()

    async def said(self, session: str) -> list[Numbered]:
        """Every event in order; of two with one number the later."""
        found: dict[int, Numbered] = {}
        read = Read([])
        while True:
            entries = await self._redis.xrange(
                _key(session, "events"), f"({read.events}", count=BATCH
            )
            if not entries:
                return [found[n] for n in sorted(found)]
            read = _read([(_key(session, "events").encode(), entries)], read)
            for numbered in read.items:
                assert isinstance(numbered, Numbered)
                if numbered.n in found:  # of an older epoch, as is all that came after it
                    found = {n: old for n, old in found.items() if n < numbered.n}
                found[numbered.n] = numbered

    async def last(self, session: str) -> int:
        """The number of the last event; 0: none."""
        for _, fields in await self._redis.xrevrange(_key(session, "events"), count=1):
            if b"e" in fields:
                return _event.decode(fields[b"e"]).n
        return 0

    async def places(self, session: str) -> list[Place]:
        """The latest ones, the oldest of them first."""
        found = await self._redis.lrange(_key(session, "sent"), 0, -1)
        return [Place(*map(int, one.split(b":"))) for one in reversed(found)]

    async def asked(self, session: str) -> list[bytes]:
        """The commands so far."""
        return list(await self._redis.lrange(_key(session, "asked"), 0, -1))

    async def read(self, session: str, since: Read) -> Read:
        """What came since, or nothing after a while."""
        keys = {_key(session, "events"): since.events, _key(session, "interim"): since.interim}
        found = await self._redis.xread(keys, count=BATCH, block=WAIT)
        return _read(found or [], since)

    async def want(self, session: str) -> None:
        await self._redis.publish(WANTED, session)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[PubSub]:
        """Subscribed to what is wanted."""
        async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(WANTED)
            yield channel

    async def ping(self) -> None:
        """Does it answer?"""
        await self._redis.ping()

    async def close(self) -> None:
        with suppress(RedisError):
            await self._redis.aclose()


def _key(session: str, name: str) -> str:
    return f"vivavoce:{{{session}}}:{name}"


def _read(found: list[Any], since: Read) -> Read:
    items: list[Item] = []
    for _, entries in found:
        for place, fields in entries:
            if b"e" in fields:
                items.append(_event.decode(fields[b"e"]))
                since = since._replace(events=place.decode())
            elif b"i" in fields:
                items.append(_interim.decode(fields[b"i"]))
                since = since._replace(interim=place.decode())
            else:
                since = since._replace(events=place.decode(), over=True)
    return since._replace(items=items)
