"""Two servers that share sessions, one of them killed while everybody speaks and watches."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chaos import report
from chaos.check import Violations
from chaos.draw import SEVERAL_SHORT, Plan
from chaos.replicas import Stores, held
from chaos.several import Several
from vivavoce.core.commands import Options
from vivavoce.core.types import AudioFormat
from vivavoce.journal.commit import Committer
from vivavoce.journal.disk import Disk
from vivavoce.journal.journal import Journal, SessionHeader
from vivavoce.journal.lacking import Lacking, write_lacking
from vivavoce.testing.buckets import S3Server
from vivavoce.testing.postgres import PostgresServer
from vivavoce.testing.redis_server import RedisServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it reads journals as Linux can")

HEADER = SessionHeader(
    session="s",
    owner="local",
    token_sha256="0" * 64,
    format=AudioFormat(),
    options=Options(),
    created_at=datetime(2026, 7, 1, tzinfo=UTC),
)


@pytest.fixture
def stores(postgres: PostgresServer, redis: RedisServer, s3_server: S3Server) -> Stores:
    return Stores(postgres, redis, s3_server)


def test_nothing_is_lost_where_one_of_two_servers_is_killed(tmp_path: Path, stores: Stores) -> None:
    plan = Plan(1, SEVERAL_SHORT)
    results = asyncio.run(Several(plan, tmp_path, lambda _: None, stores).play())
    found = "\n".join(report.line(result) for result in results)
    assert [result.violations for result in results] == [Violations()] * 3, found
    assert report.clean(results), found
    for scene in results[1:]:
        assert scene.done["kill server"] == 2
        assert scene.compared.equal > 0


@pytest.mark.anyio
async def test_what_servers_hold_is_what_any_of_them_does(tmp_path: Path) -> None:
    await _journal(tmp_path / "a" / "left" / "s.1", [b"aa", b"bb"])
    assert held([tmp_path / "a", tmp_path / "b"], "s") == b"aabb"
    folder = await _journal(tmp_path / "b" / "live" / "s", [b"\0\0", b"BB", b"cc"])
    write_lacking(folder, Lacking(((0, 2),), 2, 0), Disk())
    assert held([tmp_path / "b"], "s") == b"\0\0BBcc"
    assert held([tmp_path / "b", tmp_path / "a"], "s") == b"aabbcc"
    assert held([tmp_path / "b", tmp_path / "a"], "t") == b""


async def _journal(folder: Path, frames: list[bytes]) -> Path:
    folder.parent.mkdir(parents=True)
    journal = await Journal.create(folder, HEADER, Committer(0))
    for frame, payload in enumerate(frames):
        journal.append(frame, payload)
    await journal.close()
    return folder
