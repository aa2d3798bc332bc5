"""A PostgreSQL for tests: a real one, of their own, made in a folder that goes with it."""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vivavoce.library.migrations import upgrade
from vivavoce.testing.process import own_port

USER: Final = "postgres"
"""Who runs it where the tests run as root, whom it refuses."""

LIMIT: Final = 120.0  # seconds; only for what hangs
QUICK: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""Nobody cuts its power."""

TEMPLATE: Final = "template"


def programs() -> Path | None:
    """The folder of its programs, those of the newest version; None: it is not installed."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    initdb = shutil.which("initdb")
    return None if initdb is None else Path(initdb).resolve().parent


class PostgresServer:
    """Listens on a port of this machine's own, the same one whenever it is started."""

    def __init__(self, bin: Path, *options: str) -> None:
        """Made here, not started. `options`: settings of its own, `name=value`."""
        self.port = own_port(self)
        self.password = secrets.token_hex(8)
        self._bin = bin
        self._options = options
        self._user = pwd.getpwnam(USER) if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="vivavoce-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        word = self._folder / "password"
        word.write_text(self.password)
        if self._user is not None:
            for path in (self._folder, word):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        # A country's order of letters, as most databases have: ours is that of code points.
        order = "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"
        who = "--username=vivavoce", f"--pwfile={word}", "--auth=scram-sha-256"
        done = self._start("initdb", "--no-sync", "--encoding=UTF8", *order, *who, self._data)
        assert done.wait(LIMIT) == 0, self.log

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def url(self, name: str = "postgres", port: int | None = None) -> str:
        """The address of a database. `port`: of what stands before it."""
        return f"postgresql://vivavoce:{self.password}@127.0.0.1:{port or self.port}/{name}"

    def start(self) -> None:
        """Returns when it lets people in."""
        settings = (f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=")
        each = [f"-c{setting}" for setting in (*settings, *self._options)]
        self._process = self._start("postgres", "-D", self._data, *each)
        deadline = time.monotonic() + LIMIT
        ready = [str(self._bin / "pg_isready"), "-qh127.0.0.1", f"-p{self.port}"]
        while subprocess.run(ready, check=False).returncode:
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def stop(self) -> None:
        """Break every connection, and let nobody in."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(LIMIT)

    def remove(self) -> None:
        if self.running:
            self.stop()
        shutil.rmtree(self._folder)

    def sql(self, statement: str, name: str = "postgres") -> str:
        """What psql prints."""
        command = [str(self._bin / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement]
        return _printed([*command, self.url(name)])

    def dump(self, name: str) -> str:
        """Its tables, as statements, in one order however they came to be."""
        command = [str(self._bin / "pg_dump"), "--schema-only", "--no-owner", self.url(name)]
        statements = _printed(command).split(";\n")
        return ";\n".join(sorted("\n".join(sorted(_plain(each))) for each in statements))

    def prepare(self) -> None:
        """Make the library that `database` copies."""
        from vivavoce.library.postgres import Postgres  # an extra

        self.sql(f"CREATE DATABASE {TEMPLATE}")
        asyncio.run(upgrade(Postgres(self.url(TEMPLATE))))

    def database(self) -> str:
        """The name of a new database with an empty library in it."""
        name = f"test_{secrets.token_hex(6)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return name

    def drop(self, name: str) -> None:
        self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    def _start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        who = self._user
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self._bin / program), *arguments],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                user=who and who.pw_uid,
                group=who and who.pw_gid,
                extra_groups=who and [],
            )


def _plain(statement: str) -> list[str]:
    return [line.rstrip(",") for line in statement.splitlines() if not line.startswith("\\")]


def _printed(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def serving(bin: Path, options: Sequence[str] = QUICK) -> PostgresServer:
    """One that runs, with a library to be copied."""
    server = PostgresServer(bin, *options)
    server.start()
    server.prepare()
    return server
