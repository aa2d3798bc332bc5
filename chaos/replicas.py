"""Two servers that share sessions, behind a balancer: one is broken while the other serves."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chaos.record import Audit, Tape
from chaos.sound import FRAME
from chaos.stage import DEFAULTS, PATIENCE, Stage, whole
from vivavoce.journal.lacking import had
from vivavoce.library.recording import UNFINISHED
from vivavoce.testing.balancer import Balancer
from vivavoce.testing.buckets import BUCKET, S3Server
from vivavoce.testing.postgres import PostgresServer, programs, serving
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.redis_server import RedisServer, program


@dataclass(frozen=True)
class Stores:
    """What servers share; all of them run."""

    postgres: PostgresServer
    redis: RedisServer
    bucket: S3Server


class Replicas(Stage):
    """`servers`, all of which run. They are killed in turn, and started again."""

    def __init__(self, servers: list[ServerProcess], folders: list[Path], url: str) -> None:
        """`folders`: their data directories, or the one that they share; `url`: the balancer's."""
        super().__init__(servers[0])
        self.asks_again = len(folders) > 1
        self._servers = servers
        self._folders = folders
        self._url = url

    @property
    def url(self) -> str:
        return self._url

    async def start(self) -> None:
        """The one that was killed."""
        await asyncio.to_thread(self._servers[-1].start)

    async def kill(self) -> None:
        self._servers.append(self._servers.pop(0))
        await asyncio.to_thread(self._servers[-1].kill)

    async def audit(self, tape: Tape) -> Audit | None:
        """What all servers have of a session that is live."""
        if not tape.session:
            return None
        acknowledged, found = tape.acknowledged * FRAME, held(self._folders, tape.session)
        if (await self.found(tape.session)).get("state") not in UNFINISHED:
            return None  # it ended meanwhile, and is looked at in the end
        return Audit(acknowledged, found)

    async def kept(self, session: str) -> tuple[str, str, bytes]:
        """After all that lay in `left/` was given back."""
        await super().kept(session)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self._left(session):  # noqa: ASYNC110 (of another process)
                    await asyncio.sleep(0.1)
        return await super().kept(session)

    def journalled(self) -> set[str]:
        live = (path for folder in self._folders for path in folder.glob("live/*/session.json"))
        return {path.parent.name for path in live} | self._left("")

    def _left(self, session: str) -> set[str]:
        left = (path for folder in self._folders for path in folder.glob(f"left/{session}*"))
        return {path.name.partition(".")[0] for path in left}


@asynccontextmanager
async def replicas(
    folder: Path, stores: Stores, *, apart: bool, **settings: str | int | float
) -> AsyncIterator[Replicas]:
    """Two servers while the `with` lasts; `apart`: each with a data directory of its own, and
    recordings in the bucket."""
    names = ["a", "b"]
    data = {name: folder / name / "data" if apart else folder / "data" for name in names}
    shared: dict[str, Any] = {**DEFAULTS, **settings, "redis_url": stores.redis.url}
    shared["database_url"] = stores.postgres.url(stores.postgres.database())
    if apart:
        shared["blobs_url"] = f"s3://{BUCKET}"
    for name in names:
        (folder / name).mkdir(parents=True)
    servers = [ServerProcess(folder / name, **{**shared, "data_dir": data[name]}) for name in names]
    async with Balancer([server.port for server in servers]) as balancer:
        folders = sorted(set(data.values()))
        with _environment(stores.bucket.environment()):
            try:
                await asyncio.gather(*(asyncio.to_thread(each.start) for each in servers))
                yield Replicas(servers, folders, balancer.url)
            except BaseException:
                for each in servers:
                    each.kill()
                raise
            await asyncio.gather(*(asyncio.to_thread(each.stop) for each in servers))


@contextmanager
def stores() -> Iterator[Stores]:
    """Real ones while the `with` lasts. Ends the program where they are not installed."""
    if (bin := programs()) is None or (redis := program()) is None:
        raise SystemExit("Two servers share PostgreSQL and Redis: scripts/install-postgres, -redis")
    with TemporaryDirectory(prefix="vivavoce-chaos-") as name, S3Server(Path(name)) as bucket:
        server = RedisServer(redis, Path(name))
        server.start()
        postgres = serving(bin)
        try:
            yield Stores(postgres, server, bucket)
        finally:
            server.stop()
            postgres.remove()


def held(folders: Sequence[Path], session: str) -> bytes:
    """The samples that are in any of a session's journals, in data directories that servers may
    be writing to: each has some, and says of the rest that it lacks it."""
    found = bytearray()
    for kind in ("live", "left"):  # in this order: what is put aside meanwhile is then found there
        for folder in folders:
            for journal in (folder / kind).glob(f"{session}*"):
                with suppress(FileNotFoundError):  # it was moved, or has ended
                    _overlay(found, journal)
    return bytes(found)


def _overlay(found: bytearray, journal: Path) -> None:
    """Put what this journal has over it."""
    if not (journal / "session.json").exists():
        return
    own = whole(journal)
    found.extend(bytes(max(0, len(own) - len(found))))
    for start, end in had(journal, len(own)):
        found[start:end] = own[start:end]


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """For the servers that are started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
