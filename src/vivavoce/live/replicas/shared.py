"""Servers that share a library and Redis, and perhaps the volume on which sessions are journalled.

A lease in the library says which server has a session, and on which volume its journal is. Where
that is this server's volume too, the lock of the session's folder decides, which goes with the
process that had it. Where it is not, the lease has to lapse or to be given back, and the journal
is made anew of what is known (`rebuilding.py`); what the other server had of it is put into the
recording when that server is there again (`left.py`).
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import structlog

from vivavoce.core.errors import Held, VivavoceError
from vivavoce.core.events import Numbered
from vivavoce.journal.disk import Disk, disk_errors
from vivavoce.journal.folder import SessionHeader
from vivavoce.library.leases import RENEW_EVERY, Leases
from vivavoce.library.recording import is_id
from vivavoce.live.regularly import regularly
from vivavoce.live.replicas.calls import Calls
from vivavoce.live.replicas.ending import end
from vivavoce.live.replicas.left import Left
from vivavoce.live.replicas.mirror import Mirror
from vivavoce.live.replicas.one_folder import attempts
from vivavoce.live.replicas.port import Ask, Item
from vivavoce.live.replicas.rebuilding import away, can_be_made, rebuild
from vivavoce.live.replicas.redis_log import KEPT, RedisError, RedisLog
from vivavoce.live.replicas.telling import Telling
from vivavoce.live.session import LiveSession

log = structlog.get_logger()

AGAIN: Final = 1.0
"""Seconds until Redis is asked again after it failed."""

ANSWERS: Final = 2.0
"""Seconds that it has to answer whoever asks whether it does."""

VOLUME: Final = "volume"
"""The file in the data directory that names the volume which it is on."""

ASKS: Final = 256
"""Sessions asked for that wait to be looked at; a client whose ask is lost asks again."""


class Shared:
    """Implements `Replicas`. Use it as a context."""

    keeps = 30.0  # more than the longest utterance and the silence that ends it

    def __init__(
        self, data_dir: Path, leases: Leases, redis: str, left: Left, grace: float, disk: Disk
    ) -> None:
        """`redis`: its address. `grace`: seconds for which a client may be away before a session
        is anybody's."""
        self._folder = data_dir / "live"
        self._volume = volume(data_dir)
        self._leases = leases
        self._log = RedisLog(redis)
        self._calls = Calls(redis, leases.holder)
        self._serving: asyncio.Task[None] | None = None
        self._left = left
        self._grace = grace
        self._disk = disk
        self._told: dict[str, Telling] = {}
        self._taken: set[str] = set()  # about to be opened here
        self._clearing = asyncio.Lock()  # held while journals are put away
        self._mirrors: dict[str, Mirror] = {}
        self._asks: asyncio.Queue[str] = asyncio.Queue(ASKS)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Shared"]:
        """Look for what is not ours any more, then keep what is. Raises `DiskError`."""
        await self._set_aside(starting=True)
        renewing = regularly(self._renew, RENEW_EVERY, "renew leases")
        tasks = [asyncio.create_task(renewing), asyncio.create_task(self._listen())]
        try:
            yield self
        finally:
            if self._serving is not None:
                tasks.append(self._serving)
            await end(*tasks)
            await self._calls.close()
            for mirror in self._mirrors.values():
                await mirror.close()
            await self._log.close()

    async def header(self, session: str) -> SessionHeader | None:
        if not is_id(session) or (lease := await self._leases.find(session)) is None:
            return None
        return msgspec.json.decode(lease.header, type=SessionHeader)

    @asynccontextmanager
    async def fetched(self, session: str) -> AsyncIterator[bool]:
        lease = await self._leases.find(session) if is_id(session) else None
        if lease is None or (lease.volume == self._volume and lease.holder and not lease.taken):
            # Who has it, or had, journals on our volume: the lock says which.
            yield is_id(session) and (self._folder / session).is_dir()
            return
        header = msgspec.json.decode(lease.header, type=SessionHeader)
        if lease.volume != self._volume and not can_be_made(header):
            raise away(session)  # untouched: its own server is to find it free
        await self._leases.take(session)
        self._taken.add(session)
        try:
            if lease.volume != self._volume:
                async with self._clearing:  # or what is made now would be put away as well
                    pass
                await self._rebuild(header)
            yield (self._folder / session).is_dir()
        finally:
            self._taken.discard(session)
            if session not in self._told:
                with _noted("cannot give a session back", session):
                    await self._leases.free(session)

    async def opened(self, session: LiveSession) -> None:
        if session.id in self._taken:
            await self._leases.keep(session.id, self._volume)
        else:
            header = msgspec.json.encode(session.header).decode()
            await self._leases.hold(session.id, self._volume, header)
        self._told[session.id] = Telling(self._log, session)

    async def may_seal(self, session: str) -> None:
        lease = await self._leases.find(session)
        if lease is not None and lease.holder not in (self._leases.holder, ""):
            raise Held(f"Another server has the session {session}.")

    async def freed(self, session: LiveSession) -> None:
        await self._tell_no_more(session.id)
        with _noted("cannot give a session back", session.id):
            await self._leases.free(session.id)

    async def ended(self, session: str, *, forget: bool = False) -> None:
        await self._tell_no_more(session)
        with _noted("cannot end a session for others", session):
            await self._leases.end(session)
            await self._log.end(session, forget=forget)

    async def watch(
        self, session: str, after: int, over: Callable[[], bool]
    ) -> AsyncIterator[Item] | None:
        if not await self._live(session):
            return None
        for other in [one for one, mirror in self._mirrors.items() if not mirror.watched]:
            del self._mirrors[other]
        mirror = self._mirrors.setdefault(session, Mirror(self._log, session, self._live))
        return mirror.watch(after, over)

    async def said(self, session: str) -> list[Numbered] | None:
        if not await self._live(session):
            return None
        try:
            return await self._log.said(session)
        except RedisError as error:
            raise Held(f"The session {session} cannot be seen just now; try again.") from error

    @asynccontextmanager
    async def wanted(self, session: str) -> AsyncIterator[AsyncIterator[int]]:
        yield self._asking(session)

    async def asked(self, mine: Callable[[], Collection[str]]) -> AsyncIterator[str]:
        while True:
            session = await self._asks.get()
            if session in mine():
                yield session

    async def astray(self) -> list[str]:
        """Those that nobody has had since their clients' grace is over; and what other servers
        have ended gets the audio that is here."""
        await self._set_aside()
        await self._left.give_back()
        for session in await self._leases.lapsed(KEPT):
            log.error("a session is lost", session=session)
            await self.ended(session)
        return await self._leases.lapsed(self._grace)

    async def reached(self) -> str | None:
        try:
            async with asyncio.timeout(ANSWERS):
                await self._log.ping()
        except RedisError as error:
            return f"Redis cannot be used: {error}"
        except TimeoutError:
            return "Redis gives no answer."
        return "ok"

    async def way_to(self, session: str, /) -> Ask | None:
        if session in self._told or not is_id(session):
            return None
        lease = await self._leases.find(session)
        if lease is None or lease.lapsed or lease.holder in ("", self._leases.holder):
            return None
        return partial(self._calls.ask, lease.holder)

    def serve(self, answer: Ask) -> None:
        self._serving = asyncio.create_task(self._calls.serve(answer))

    async def live(self, recordings: Iterable[str]) -> set[str]:
        return await self._leases.live(recordings)

    async def _live(self, session: str) -> bool:
        return is_id(session) and await self._leases.find(session) is not None

    async def _asking(self, session: str) -> AsyncIterator[int]:
        async for attempt in attempts():
            with suppress(RedisError):  # then its lease has to lapse
                await self._log.want(session)
            yield attempt

    async def _rebuild(self, header: SessionHeader) -> None:
        session, folder = header.session, self._folder / header.session
        try:
            events = await self._log.said(session)
            places, asked = await self._log.places(session), await self._log.asked(session)
        except RedisError as error:
            raise Held(f"The session {session} cannot be had just now; try again.") from error
        await self._left.take(folder)
        await asyncio.to_thread(rebuild, folder, header, events, places, asked, self._disk)
        log.info("went on with another server's session", session=session)

    async def _set_aside(self, *, starting: bool = False) -> None:
        """Put journals away that other servers have gone on from. `starting`: not what ended here,
        whose clients may have heard so: it is put into the library as it is."""
        if self._folder.is_dir():
            async with self._clearing:
                for folder in sorted(self._folder.iterdir()):
                    if await self._is_elsewhere(folder, starting):
                        await self._left.take(folder)

    async def _is_elsewhere(self, folder: Path, starting: bool) -> bool:
        if (lease := await self._leases.find(folder.name)) is None:
            over = await self._left.over(folder) and not (
                starting and await self._left.ended(folder)
            )
        else:
            over = lease.volume != self._volume
        return over and folder.name not in self._ours  # looked at last: it may be by now

    @property
    def _ours(self) -> set[str]:
        return self._told.keys() | self._taken

    async def _tell_no_more(self, session: str) -> None:
        if (telling := self._told.pop(session, None)) is not None:
            await telling.end()

    async def _renew(self) -> None:
        """Sessions that are not ours any more, because we said nothing for too long, are let go
        of: another server has them."""
        if self._ours:
            mine = set(self._told)
            for session in mine - await self._leases.renew():
                self._ask(session)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._log.listening() as channel:
                    async for message in channel.listen():
                        self._ask(message["data"].decode())
            except RedisError as error:
                log.warning("cannot hear other servers", reason=str(error))
            await asyncio.sleep(AGAIN)

    def _ask(self, session: str) -> None:
        if session in self._told:
            with suppress(asyncio.QueueFull):
                self._asks.put_nowait(session)


def volume(data_dir: Path) -> str:
    """The name of the volume that a data directory is on, made when it is first asked for. Raises
    `DiskError`, also where files cannot have two names (some volumes of a network)."""
    path, draft = data_dir / VOLUME, data_dir / f"{VOLUME}.{secrets.token_hex(8)}"
    with disk_errors(path):
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            draft.write_text(secrets.token_hex(16))
            try:
                path.hardlink_to(draft)  # whole, and of several servers the first one's
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text()


@contextmanager
def _noted(what: str, session: str) -> Iterator[None]:
    """What fails is in the log, and mends itself: the lease lapses, and Redis forgets."""
    try:
        yield
    except VivavoceError as error:
        log.warning(what, session=session, reason=error.message)
    except RedisError as error:
        log.warning(what, session=session, reason=str(error))
