"""A real mail server and a real receiver of webhooks, on sockets of this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

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


@asynccontextmanager
async def mail_host(port: int = 0, **options: Any) -> AsyncIterator[Mailbox]:
    """Runs a mail server; options are those of aiosmtpd's `SMTP`."""
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


@dataclass
class Heard:
    """What a receiver heard; `answer` is what it says then, and None is to say nothing."""

    port: int = 0
    answer: bytes | None = b"HTTP/1.1 204 No Content\r\n\r\n"
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@asynccontextmanager
async def receiving(
    answer: bytes | None = b"HTTP/1.1 204 No Content\r\n\r\n",
    tls: ssl.SSLContext | None = None,
    port: int = 0,
) -> AsyncIterator[Heard]:
    heard = Heard(answer=answer)
    going = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        heard.lines.append(first)
        heard.requests.append((headers, body.decode()))
        if heard.answer is None:
            await going.wait()
        else:
            writer.write(heard.answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
    heard.port = server.sockets[0].getsockname()[1]
    try:
        yield heard
    finally:
        going.set()
        server.close()
