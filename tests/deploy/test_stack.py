"""The server of compose.yaml, as compose would start it, but without Docker: its entry script with
the secrets that make-secrets made and the variables that compose gives it, a real PostgreSQL, and
an S3 server in the place of SeaweedFS, whose bucket make-bucket.sh makes."""

import asyncio
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from vivavoce.engines.fake import say
from vivavoce.testing.buckets import S3Server
from vivavoce.testing.postgres import PostgresServer, programs
from vivavoce.testing.process import ServerProcess
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


@pytest.mark.anyio
async def test_a_session_is_kept_in_both_stores(
    deploy: Path,
    contained: tuple[str, ...],
    secrets: Path,
    postgres: PostgresServer,
    s3: S3Server,
    launch: Launch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    password = (secrets / "postgres_password").read_text().strip()
    await asyncio.to_thread(postgres.sql, f"ALTER ROLE vivavoce PASSWORD '{password}'")
    postgres.password = password
    await asyncio.to_thread(postgres.sql, "CREATE DATABASE vivavoce")
    url = (secrets / "database_url").read_text()
    (secrets / "database_url").write_text(
        url.replace("@postgres:5432/", f"@127.0.0.1:{postgres.port}/")
    )
    for name in ("postgres_password", "grafana_password"):  # the server is not given these
        (secrets / name).unlink()

    command = [str(deploy / "make-bucket.sh"), s3.url, "vivavoce"]
    for _ in range(2):  # compose starts it again at every start
        made = await asyncio.to_thread(
            subprocess.run, command, check=True, capture_output=True, text=True
        )
        assert "vivavoce" in made.stdout

    settings = given(deploy, s3)
    for name in [name for name in settings if not name.startswith("VIVAVOCE_")]:
        monkeypatch.setenv(name, settings.pop(name))
    server = await asyncio.to_thread(
        launch,
        command=contained,
        **{name.removeprefix("VIVAVOCE_").lower(): value for name, value in settings.items()},
    )
    async with open_wire(server.url) as wire:
        ready = await wire.start()
        await wire.frame(0, say("alfa", "bravo").tobytes())
        await wire.say(type="finish")
        assert await wire.closed() == 1000
    assert wire.finals == ["alfa bravo"]

    session = ready["session"]
    rows = await asyncio.to_thread(postgres.sql, "SELECT id FROM recordings", "vivavoce")
    assert rows.split() == [session]
    kept = await asyncio.to_thread(s3.objects, "vivavoce")
    assert f"recordings/{session}/audio" in kept
    assert not (server.data_dir / "library.db").exists()
