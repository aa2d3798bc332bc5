"""E-mail over SMTP: whom it is sent by, whom it may be sent to, and how a refusal is read."""

import asyncio
import socket
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Final, Literal, Self

import aiosmtplib
import msgspec
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from email_validator import EmailNotValidError, validate_email

from vivavoce.config import Settings
from vivavoce.core.errors import OurError, PeerError
from vivavoce.deliver.letter import Letter, compose, one_line
from vivavoce.deliver.postman import NotNow, Refused
from vivavoce.library.outbox import Parcel

Security = Literal["starttls", "tls", "none"]

PORTS: Final[dict[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}
"""Where a mail server is usually found."""

ANSWER: Final = 30.0
"""Seconds that a mail server has for each answer."""

ALL: Final = 120.0
"""Seconds that it has for all of them."""

ANYWHERE: Final = "example.org"
"""A domain that is one beyond doubt."""

SAID: Final = 200
"""Characters of what it says that are kept."""

_decode: Final = msgspec.json.Decoder(Letter).decode


class NoMailServer(OurError):
    """Nobody has said which server sends this server's e-mail."""

    code, status = "no_mail_server", 501


class BadAddress(PeerError):
    """What is no e-mail address."""

    code, status = "bad_address", 422


@dataclass(frozen=True, slots=True)
class MailServer:
    """Who sends for us, and as whom."""

    host: str
    port: int
    security: Security
    sender: Address
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:  # the password must not get into a log
        return f"MailServer({self.host}:{self.port}, {self.security})"

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """As the settings have it; None: they name none."""
        if settings.smtp_host is None or (sender := settings.smtp_sender) is None:
            return None
        secret = settings.smtp_password
        return cls(
            settings.smtp_host,
            settings.smtp_port or PORTS[settings.smtp_security],
            settings.smtp_security,
            sender,
            settings.smtp_user,
            secret.get_secret_value() if secret else None,
        )

    def reader(self, text: str) -> str:
        """An address that a letter can be sent to. Raises `BadAddress`.

        A domain that is only known here, as `mail.local`, is taken where it is our own.
        """
        address = text.strip()
        local, _, domain = address.rpartition("@")
        ours = self.sender.domain
        known = domain.lower() == ours.lower()
        try:
            found = validate_email(
                f"{local}@{ANYWHERE}" if known else address,
                allow_smtputf8=False,
                check_deliverability=False,
            )
        except EmailNotValidError as error:
            shown = one_line(address) or "nothing"
            raise BadAddress(f"{shown} is no e-mail address: {error}") from None
        if known:
            return f"{found.local_part}@{ours}"
        return found.ascii_email or found.normalized


class Mailer:
    """The `Carrier` of letters."""

    def __init__(self, server: MailServer | None) -> None:
        self._server = server

    async def send(self, parcel: Parcel) -> None:
        """Raises `Refused`, `NotNow`."""
        if (server := self._server) is None:
            raise NotNow("The settings name no mail server.")
        try:
            message = await asyncio.to_thread(_written, parcel, server.sender)
            async with asyncio.timeout(ALL):
                await aiosmtplib.send(
                    message,
                    sender=server.sender.addr_spec,
                    recipients=[parcel.address],
                    hostname=server.host,
                    port=server.port,
                    username=server.user,
                    password=server.password,
                    use_tls=server.security == "tls",
                    start_tls=server.security == "starttls",
                    timeout=ANSWER,
                    local_hostname=socket.gethostname(),  # its own guess asks the network
                )
        except (SMTPException, OSError, ValueError) as error:
            raise _verdict(error, server) from error


def _written(parcel: Parcel, sender: Address) -> bytes:
    """The message as it is sent. A talk of hours with its files takes a good part of a second."""
    letter = _decode(parcel.body)
    return compose(letter, sender, parcel.address, parcel.id, parcel.created_at).as_bytes()


def _verdict(error: Exception, server: MailServer) -> Refused | NotNow:
    """Whether to try again, and why not, in a sentence. Codes from 500 on are for good."""
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, SMTPAuthenticationError):  # what it says may repeat what it was told
        kind = Refused if error.code >= 500 else NotNow
        return kind(f"The mail server {server.host} refused the login ({error.code}).")
    if isinstance(error, SMTPResponseException):
        kind = Refused if error.code >= 500 else NotNow
        said = one_line(error.message)[:SAID]
        return kind(f"The mail server {server.host} said {error.code}: {said}")
    if isinstance(error, SMTPException) and not isinstance(error, OSError):
        return Refused(f"The mail server {server.host} cannot do what the settings ask: {error}")
    if isinstance(error, ValueError) and not isinstance(error, OSError):  # of the message
        return Refused("The letter cannot be written as an e-mail.")
    reason = one_line(str(error)) or type(error).__name__
    return NotNow(f"The mail server {server.host} cannot be reached: {reason}")
