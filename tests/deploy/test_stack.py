"""The servers of compose.yaml, as compose would start them, but without Docker: their entry script
with the secrets that make-secrets made and the variables that compose gives them, on one volume and
behind its balancer; a real PostgreSQL, Redis by the command of compose.yaml, and an S3 server in
the place of SeaweedFS, whose bucket make-bucket.sh makes."""

import asyncio
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.haproxy import balancing, program, told
from vivavoce.engines.fake import say
from vivavoce.testing import redis_server
from vivavoce.testing.buckets import S3Server
from vivavoce.testing.postgres import PostgresServer, programs
from vivavoce.testing.process import ServerProcess, free_port
from vivavoce.testing.wire import open_wire

Launch = Callable[..., ServerProcess]


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """One of its own, whose password is that of make-secrets."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not here: run scripts/install-postgres")
    server = PostgresServer(found)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def haproxy() -> Sequence[str]:
    found = program()
    if found is None:
        pytest.skip("HAProxy is not here: run scripts/install-deploy-tools")
    return found


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3Server]:
    with S3Server(tmp_path) as server:
        yield server


@pytest.fixture
def secrets(deploy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Those that compose.yaml gives the server, where its entry script looks."""
    script = tmp_path / "make-secrets"
    script.write_text((deploy / "make-secrets").read_text())
    subprocess.run(["/bin/sh", script], check=True, capture_output=True)
    (tmp_path / "secrets" / "s3.json").unlink()  # the S3 server's alone
    monkeypatch.setenv("SECRETS", str(tmp_path / "secrets"))
    return tmp_path / "secrets"


def given(deploy: Path, s3: S3Server) -> dict[str, str]:
    """The variables in compose.yaml, with the defaults of its own."""
    compose: dict[str, Any] = yaml.safe_load((deploy / "compose.yaml").read_text())
    found = compose["services"]["vivavoce"]["environment"]
    plain = {n: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for n, value in found.items()}
    assert plain["AWS_ENDPOINT_URL"] == "http://s3:8333"
    return {**plain, "AWS_ENDPOINT_URL": s3.url}


@pytest.fixture
def redis(deploy: Path, secrets: Path, tmp_path: Path) -> Iterator[int]:
    """As compose.yaml starts it, on a port of its own."""
    if redis_server.program() is None:
        pytest.skip("Redis is not here: run scripts/install-redis")
    port = free_port()
    compose: dict[str, Any] = yaml.safe_load((deploy / "compose.yaml").read_text())
    shell, option, script = compose["services"]["redis"]["command"]
    script = script.replace("$$", "$").replace("/run/secrets", str(secrets))
    script = script.replace("redis-server -", f"redis-server - --bind 127.0.0.1 --port {port}")
    log = tmp_path / "redis"
    with log.open("wb") as out, subprocess.Popen([shell, option, script], stdout=out) as process:
        while b"Ready to accept connections" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            time.sleep(0.02)
        yield port
        process.terminate()


@pytest.mark.anyio
async def test_a_session_outlives_its_server_and_is_kept_in_both_stores(
    deploy: Path,
    contained: tuple[str, ...],
    secrets: Path,
    postgres: PostgresServer,
    redis: int,
    s3: S3Server,
    haproxy: Sequence[str],
    launch: Launch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    password = (secrets / "postgres_password").read_text().strip()
    await asyncio.to_thread(postgres.sql, f"ALTER ROLE vivavoce PASSWORD '{password}'")
    postgres.password = password
    await asyncio.to_thread(postgres.sql, "CREATE DATABASE vivavoce")
    here = {
        "database_url": ("@postgres:5432/", f"@127.0.0.1:{postgres.port}/"),
        "redis_url": ("@redis:6379/", f"@127.0.0.1:{redis}/"),
    }
    for name, (theirs, ours) in here.items():
        url = (secrets / name).read_text()
        assert theirs in url
        (secrets / name).write_text(url.replace(theirs, ours))
    for name in ("postgres_password", "redis_password", "grafana_password"):
        (secrets / name).unlink()  # the servers are not given these

    command = [str(deploy / "make-bucket.sh"), s3.url, "vivavoce"]
    for _ in range(2):  # compose starts it again at every start
        made = await asyncio.to_thread(
            subprocess.run, command, check=True, capture_output=True, text=True
        )
        assert "vivavoce" in made.stdout

    settings = given(deploy, s3)
    for name in [name for name in settings if not name.startswith("VIVAVOCE_")]:
        monkeypatch.setenv(name, settings.pop(name))
    plain = {name.removeprefix("VIVAVOCE_").lower(): value for name, value in settings.items()}
    plain["trusted_proxies"] = "127.0.0.1"
    servers = [
        await asyncio.to_thread(launch, command=contained, **plain)  # on one volume
        for _ in range(2)
    ]
    port = free_port()
    ours = told(port, [f"127.0.0.1:{server.port}" for server in servers], free_port())
    with balancing(haproxy, tmp_path / "haproxy", ours, port):
        url = f"http://localhost:{port}/"
        async with open_wire(url) as wire:
            ready = await wire.start()
            await wire.frame(0, say("alfa").tobytes())
            await wire.until("ack", frame=0)
            lost = whose(ready["session"], servers)
            await asyncio.to_thread(lost.kill)
            await wire.closed()
        async with open_wire(url) as again:
            await again.resume(ready)
            await again.frame(1, say("bravo").tobytes())
            await again.say(type="finish")
            assert await again.closed() == 1000
        await asyncio.to_thread(lost.start)  # as compose does
    assert " ".join(again.finals) == "alfa bravo"

    session = ready["session"]
    rows = await asyncio.to_thread(postgres.sql, "SELECT id FROM recordings", "vivavoce")
    assert rows.split() == [session]
    kept = await asyncio.to_thread(s3.objects, "vivavoce")
    assert f"recordings/{session}/audio" in kept
    assert not (lost.data_dir / "library.db").exists()


def whose(session: str, servers: Sequence[ServerProcess]) -> ServerProcess:
    """The server that has the session's journal open, by the system's word."""
    for server in servers:
        files = (path.resolve() for path in Path(f"/proc/{server.pid}/fd").iterdir())
        if any(session in path.parts for path in files):
            return server
    raise AssertionError(f"No server has {session}.")
