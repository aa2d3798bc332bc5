"""Calls to a real receiver, who checks them with Standard Webhooks' own library."""

import base64
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook as Receiver
from standardwebhooks import WebhookVerificationError

from tests.deliver.hosts import receiving
from vivavoce.deliver.postman import NotNow, Refused
from vivavoce.deliver.targets import Guard
from vivavoce.deliver.webhook import Caller, new_secret, signed
from vivavoce.library.database import Tables
from vivavoce.library.outbox import Parcel
from vivavoce.library.webhooks import Webhook, Webhooks
from vivavoce.testing.process import free_port

pytestmark = pytest.mark.anyio
BODY = '{"type":"test","timestamp":"2026-11-20T12:00:00Z","data":{"ü":1}}'
HERE = Guard(("127.0.0.1",))
Make = Callable[..., Parcel]


@pytest.fixture
async def webhooks(tables: Tables) -> Webhooks:
    return Webhooks(tables)


@pytest.fixture
async def call(webhooks: Webhooks, parcel: Make) -> AsyncIterator[Callable[..., Any]]:
    """Call a webhook at this address."""
    callers: list[Caller] = []

    async def make(url: str, guard: Guard = HERE, **options: Any) -> Webhook:
        at = datetime.now(UTC)
        webhook = Webhook(
            id="w1", owner="local", url=url, events=("test",), secret=new_secret(), created_at=at
        )
        await webhooks.add(webhook)
        callers.append(caller := Caller(webhooks, guard, **options))
        await caller.send(parcel(channel="webhook", webhook="w1", address=url, body=BODY))
        return webhook

    yield make
    for caller in callers:
        await caller.close()


async def test_a_receiver_knows_that_it_is_ours(call: Callable[..., Any]) -> None:
    async with receiving() as heard:
        webhook = await call(f"http://127.0.0.1:{heard.port}/hook?a=b")
    ((headers, body),) = heard.requests
    assert Receiver(webhook.secret).verify(body, headers)["type"] == "test"
    assert heard.lines == ["POST /hook?a=b HTTP/1.1"]
    assert headers["host"] == f"127.0.0.1:{heard.port}"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == "p1"
    assert headers["user-agent"].startswith("Vivavoce/")


@pytest.mark.parametrize("change", ["body", "secret", "webhook-id", "webhook-timestamp"])
def test_what_is_not_ours_is_not_taken_for_it(change: str) -> None:
    secret = new_secret()
    headers = dict(signed(secret, "m1", datetime.now(UTC), BODY))
    body = BODY + " " if change == "body" else BODY
    if change == "secret":
        secret = new_secret()
    elif change != "body":
        headers[change] = str(int(headers["webhook-timestamp"]) + 1)
    with pytest.raises(WebhookVerificationError):
        Receiver(secret).verify(body, headers)


def test_what_is_old_is_not_taken_for_new() -> None:
    secret = new_secret()
    headers = dict(signed(secret, "m1", datetime.now(UTC) - timedelta(minutes=6), BODY))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Receiver(secret).verify(BODY, headers)


def test_secrets_are_long_and_of_chance() -> None:
    secrets = {new_secret() for _ in range(9)}
    assert len(secrets) == 9
    assert {len(base64.b64decode(s.removeprefix("whsec_"))) for s in secrets} == {32}


@pytest.mark.parametrize(
    ("answer", "kind", "why"),
    [
        ("500 Oh", NotNow, "It answered 500."),
        ("404 No", NotNow, "It answered 404."),
        ("302 Go\r\nLocation: http://127.0.0.1:1/", NotNow, "302, which leads elsewhere"),
        ("410 Gone", Refused, "nobody listens there any more"),
    ],
)
async def test_only_a_status_of_success_is_success(
    answer: str, kind: type[Exception], why: str, call: Callable[..., Any]
) -> None:
    async with receiving(f"HTTP/1.1 {answer}\r\n\r\n".encode()) as heard:
        with pytest.raises(kind, match=why):
            await call(f"http://127.0.0.1:{heard.port}/")
    assert len(heard.requests) == 1


async def test_an_endless_answer_is_not_read(call: Callable[..., Any]) -> None:
    async with receiving(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n") as heard:
        await call(f"http://127.0.0.1:{heard.port}/")


async def test_one_that_does_not_answer(call: Callable[..., Any]) -> None:
    async with receiving(None) as heard:
        with pytest.raises(NotNow, match=r"It did not answer within 0\.3 seconds\."):
            await call(f"http://127.0.0.1:{heard.port}/", limit=0.3)


async def test_one_that_is_not_there(call: Callable[..., Any]) -> None:
    with pytest.raises(NotNow, match="It cannot be reached: ConnectError"):
        await call(f"http://127.0.0.1:{free_port()}/")


async def test_one_that_speaks_no_http(call: Callable[..., Any]) -> None:
    async with receiving(b"220 mail.test ESMTP\r\n") as heard:
        with pytest.raises(NotNow, match="It cannot be reached: "):
            await call(f"http://127.0.0.1:{heard.port}/")


async def test_one_that_may_not_be_spoken_to(call: Callable[..., Any]) -> None:
    async with receiving() as heard:
        with pytest.raises(Refused, match="not a public address"):
            await call(f"http://localhost:{heard.port}/", Guard())
    assert heard.requests == []


async def test_one_with_a_certificate(call: Callable[..., Any], tls: ssl.SSLContext) -> None:
    async with receiving(tls=tls) as heard:
        await call(f"https://localhost:{heard.port}/")
    assert heard.requests[0][0]["host"] == f"localhost:{heard.port}"


async def test_one_with_somebody_elses_certificate(
    call: Callable[..., Any], tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    async with receiving(tls=tls) as heard:
        with pytest.raises(NotNow, match="It cannot be reached: ConnectError"):
            await call(f"https://localhost:{heard.port}/")
    assert heard.requests == []


async def test_one_that_was_deleted(webhooks: Webhooks, parcel: Make) -> None:
    with pytest.raises(Refused, match="deleted"):
        await Caller(webhooks, HERE).send(parcel(channel="webhook", webhook="w9"))
