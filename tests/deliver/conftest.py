"""A real mail server and a real receiver of webhooks, on sockets of this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from vivavoce.library.database import Tables
from vivavoce.library.outbox import Outbox, Parcel
from vivavoce.library.sql import SqlRepository

LOGIN = ("vivavoce", "not to be seen")


@dataclass
class Mailbox:
    """What a mail server took; `replies` are said first, one for each letter."""

    port: int = 0
    replies: list[str] = field(default_factory=list)
    letters: list[EmailMessage] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    asked: int = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.asked += 1
        if self.replies and (reply := self.replies.pop(0)) != "250":
            return reply
        assert isinstance(envelope.original_content, bytes)
        letter = message_from_bytes(envelope.original_content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.readers += envelope.rcpt_tos
        return "250 OK"

    def authenticate(self, *args: Any) -> AuthResult:
        given = args[-1]
        assert isinstance(given, LoginPassword)
        login = given.login.decode(), given.password.decode()
        self.logins.append(login)
        return AuthResult(success=login == LOGIN, handled=False)


MailServing = Callable[..., Any]


@pytest.fixture
def mail_host() -> MailServing:
    """Runs a mail server; options are those of aiosmtpd's `SMTP`."""

    @asynccontextmanager
    async def run(port: int = 0, **options: Any) -> AsyncIterator[Mailbox]:
        mailbox = Mailbox()
        if options.get("auth_required"):
            options["authenticator"] = mailbox.authenticate
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(mailbox, enable_SMTPUTF8=True, hostname="mail.test", **options),
            "127.0.0.1",
            port,
        )
        mailbox.port = server.sockets[0].getsockname()[1]
        try:
            yield mailbox
        finally:
            server.close()

    return run


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for 127.0.0.1, whose authority this process trusts."""
    from vivavoce.server.authority import authority, server_certificate

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
async def repository(tmp_path: Path) -> AsyncIterator[SqlRepository]:
    found = await SqlRepository.open(tmp_path)
    yield found
    await found.close()


@pytest.fixture
async def tables(repository: SqlRepository) -> AsyncIterator[Tables]:
    found = Tables(repository.path)
    yield found
    await found.close()


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
