"""Letters to a real mail server: taken, put off, refused, and a server that is not there."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from email.headerregistry import Address
from typing import Any

import msgspec
import pytest

from tests.deliver.hosts import LOGIN, mail_host
from vivavoce.config import Settings
from vivavoce.deliver.letter import Letter
from vivavoce.deliver.mail import BadAddress, Mailer, MailServer
from vivavoce.deliver.postman import NotNow, Refused
from vivavoce.library.outbox import Parcel
from vivavoce.testing.process import free_port

pytestmark = pytest.mark.anyio
SENDER = Address("Studio", addr_spec="studio@example.org")
BODY = msgspec.json.encode(Letter("A talk", transcript="Hello there.")).decode()

Make = Callable[..., Parcel]


def server(port: int, **changes: Any) -> MailServer:
    return replace(MailServer("127.0.0.1", port, "none", SENDER), **changes)


async def test_a_letter_is_taken(parcel: Make) -> None:
    async with mail_host() as mailbox:
        await Mailer(server(mailbox.port)).send(parcel(body=BODY))
    (letter,) = mailbox.letters
    assert (letter["From"], letter["Subject"]) == ("Studio <studio@example.org>", "A talk")
    assert mailbox.readers == ["ada@example.org"]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("451 The disk is full.", NotNow),
        ("421 Closing.", NotNow),
        ("550 Nobody of that name lives here.", Refused),
        ("554 This looks like spam.", Refused),
    ],
)
async def test_a_refusal_is_for_now_or_for_good(
    reply: str, kind: type[Exception], parcel: Make
) -> None:
    async with mail_host() as mailbox:
        mailbox.replies = [reply]
        with pytest.raises(kind) as refused:
            await Mailer(server(mailbox.port)).send(parcel(body=BODY))
    assert str(refused.value) == f"The mail server 127.0.0.1 said {reply[:3]}: {reply[4:]}"


async def test_a_reader_whom_the_server_does_not_know(parcel: Make) -> None:
    async with mail_host() as mailbox:

        async def refuse(*_: Any) -> str:
            return "550 5.1.1 No such user"

        mailbox.handle_RCPT = refuse  # type: ignore[attr-defined]
        with pytest.raises(Refused, match=r"said 550: 5\.1\.1 No such user"):
            await Mailer(server(mailbox.port)).send(parcel(body=BODY))


async def test_a_server_that_is_down(parcel: Make) -> None:
    with pytest.raises(NotNow, match=r"The mail server 127\.0\.0\.1 cannot be reached: "):
        await Mailer(server(free_port())).send(parcel(body=BODY))


async def test_settings_that_name_no_server_any_more(parcel: Make) -> None:
    with pytest.raises(NotNow, match="name no mail server"):
        await Mailer(None).send(parcel(body=BODY))


async def test_starttls_and_login(tls: ssl.SSLContext, parcel: Make) -> None:
    async with mail_host(tls_context=tls, require_starttls=True, auth_required=True) as mailbox:
        secret = {"security": "starttls", "user": LOGIN[0], "password": LOGIN[1]}
        await Mailer(server(mailbox.port, **secret)).send(parcel(body=BODY))
        assert mailbox.logins == [LOGIN]
        wrong = secret | {"password": "another"}
        with pytest.raises(Refused) as refused:
            await Mailer(server(mailbox.port, **wrong)).send(parcel(body=BODY))
    assert str(refused.value) == "The mail server 127.0.0.1 refused the login (535)."
    assert len(mailbox.letters) == 1


async def test_a_line_that_would_not_be_secret_is_not_used(parcel: Make) -> None:
    async with mail_host() as mailbox:
        asked = server(mailbox.port, security="starttls", user=LOGIN[0], password=LOGIN[1])
        with pytest.raises(Refused, match="cannot do what the settings ask"):
            await Mailer(asked).send(parcel(body=BODY))
    assert (mailbox.letters, mailbox.logins) == ([], [])


async def test_a_certificate_that_nobody_vouches_for(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, parcel: Make
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    async with mail_host(tls_context=tls, require_starttls=True) as mailbox:
        with pytest.raises(NotNow, match=r"(?i)certificate"):
            await Mailer(server(mailbox.port, security="starttls")).send(parcel(body=BODY))
    assert mailbox.letters == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ada@Example.ORG ", "Ada@example.org"),
        ("ada+notes@example.org", "ada+notes@example.org"),
        ("ada@bücher.example.net", "ada@xn--bcher-kva.example.net"),
    ],
)
def test_addresses_that_can_be_written_to(text: str, address: str) -> None:
    assert server(25).reader(text) == address


@pytest.mark.parametrize(
    "text",
    [
        *("", "ada", "ada@", "@example.org", "ada@example", "ada@localhost", "a b@example.org"),
        *("ada@example.org\nBcc: eve@example.org", "ada@example.org, eve@example.org"),
        *("Ada <ada@example.org>", "ada@exa mple.org", "ädä@example.org", "x" * 300 + "@a.org"),
    ],
)
def test_addresses_that_cannot(text: str) -> None:
    with pytest.raises(BadAddress, match=r"is no e-mail address: .*\."):
        server(25).reader(text)


def test_a_domain_that_is_only_known_here_is_taken_where_it_is_ours() -> None:
    here = server(25, sender=Address("", addr_spec="studio@mail.local"))
    assert here.reader("ada@mail.local") == "ada@mail.local"
    with pytest.raises(BadAddress):
        here.reader("ada@other.local")


def test_settings_name_a_server() -> None:
    settings: dict[str, Any] = {"smtp_host": "smtp.gmail.com", "smtp_user": "ada@gmail.com"}
    found = MailServer.of(Settings(**settings, smtp_password="not to be seen"))
    assert found is not None
    assert (found.port, found.security, found.sender.addr_spec) == (
        587,
        "starttls",
        "ada@gmail.com",
    )
    assert "not to be seen" not in repr(found)
    tls = MailServer.of(Settings(**settings, smtp_security="tls", smtp_from="Ada <a@example.org>"))
    assert tls is not None
    assert (tls.port, str(tls.sender)) == (465, "Ada <a@example.org>")


@pytest.mark.parametrize("settings", [{}, {"smtp_host": "a"}, {"smtp_from": "a@example.org"}])
def test_settings_that_name_none(settings: dict[str, Any]) -> None:
    assert MailServer.of(Settings(**settings)) is None
