"""A library with an outbox, a clock that stands still, and a certificate."""

import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from vivavoce.library.database import Tables
from vivavoce.library.outbox import Outbox, Parcel
from vivavoce.library.sql import SqlRepository


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for 127.0.0.1, whose authority this process trusts."""
    from vivavoce.server.transport.authority import authority, server_certificate

    public = authority(tmp_path / "tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_certificate(tmp_path / "tls"))
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    return context


@dataclass
class Clock:
    """Stands still until it is turned."""

    at: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def turn(self, by: timedelta) -> None:
        self.at += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def repository(with_library: Path) -> AsyncIterator[SqlRepository]:
    found = await SqlRepository.open(with_library)
    yield found
    await found.close()


@pytest.fixture
def tables(repository: SqlRepository) -> Tables:
    return repository.tables


@pytest.fixture
def outbox(tables: Tables) -> Outbox:
    return Outbox(tables)


@pytest.fixture
def parcel(clock: Clock) -> Callable[..., Parcel]:
    """One that is due now."""

    def make(id: str = "p1", **changes: Any) -> Parcel:
        values = {"owner": "local", "channel": "email", "address": "ada@example.org", "kind": ""}
        times = {"created_at": clock.at, "due_at": clock.at}
        return Parcel(**{"id": id, "body": "{}", **values, **times, **changes})

    return make
