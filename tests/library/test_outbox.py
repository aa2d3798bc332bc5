"""What waits to be sent, in a real library."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vivavoce.core.errors import NotFound
from vivavoce.library import outbox as module
from vivavoce.library import webhooks as webhooks_module
from vivavoce.library.database import Tables
from vivavoce.library.outbox import LEASE, Outbox, Parcel, TooOften
from vivavoce.library.recording import Recording, new_id
from vivavoce.library.sql import SqlRepository
from vivavoce.library.webhooks import Webhook, Webhooks

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOON = NOW + timedelta(seconds=1)


@pytest.fixture
def outbox(tables: Tables) -> Outbox:
    return Outbox(tables)


@pytest.fixture
def webhooks(tables: Tables) -> Webhooks:
    return Webhooks(tables)


def parcel(id: str = "p1", **changes: Any) -> Parcel:
    values = {"owner": "local", "channel": "email", "address": "ada@example.org", "kind": ""}
    times = {"created_at": NOW, "due_at": NOW}
    return Parcel(**{"id": id, "body": "{}", **values, **times, **changes})


def webhook(id: str = "w1", **changes: Any) -> Webhook:
    values: dict[str, Any] = {"owner": "local", "url": "https://example.org/a", "secret": "whsec_"}
    values |= {"events": ("recording.finished", "summary.made"), "created_at": NOW}
    return Webhook(**{"id": id, **values, **changes})


async def test_what_is_added_is_claimed_once(outbox: Outbox) -> None:
    assert await outbox.due("email", ()) is None
    assert await outbox.add([parcel()]) == 1
    assert await outbox.add([parcel()]) == 0  # the same again
    assert await outbox.due("email", ()) == NOW
    assert await outbox.due("webhook", ()) is None
    claimed = await outbox.claim("email", (), SOON)
    assert claimed is not None
    assert (claimed.attempts, claimed.due_at) == (1, SOON + LEASE)
    assert await outbox.claim("email", (), SOON) is None
    assert await outbox.claim("email", (), SOON + LEASE) is not None  # whoever had it is no more


async def test_an_address_that_is_busy_keeps_others_not_waiting(outbox: Outbox) -> None:
    await outbox.add([parcel("a"), parcel("b"), parcel("c", address="bob@example.org")])
    first = await outbox.claim("email", (), SOON)
    assert first is not None
    second = await outbox.claim("email", {first.address}, SOON)
    assert second is not None
    assert {first.address, second.address} == {"ada@example.org", "bob@example.org"}
    assert await outbox.claim("email", {first.address, second.address}, SOON) is None
    assert await outbox.due("email", {first.address, second.address}) is None


async def test_what_became_of_it_is_kept_but_not_what_it_said(outbox: Outbox) -> None:
    await outbox.add([parcel("a"), parcel("b"), parcel("c")])
    a, b, c = [await outbox.get("local", id) for id in "abc"]
    await outbox.sent(a)
    await outbox.failed(b, "Nobody of that name lives here.")
    await outbox.again(c, "Nobody opens.", SOON)
    a, b, c = [await outbox.get("local", id) for id in "abc"]
    assert [(p.state, p.message, p.body) for p in (a, b, c)] == [
        ("sent", None, ""),
        ("failed", "Nobody of that name lives here.", ""),
        ("waiting", "Nobody opens.", "{}"),
    ]
    assert await outbox.due("email", ()) == SOON
    await outbox.forget(SOON)
    with pytest.raises(NotFound):
        await outbox.get("local", "a")
    assert await outbox.get("local", "c") == c
    with pytest.raises(NotFound):
        await outbox.get("another", "c")


async def test_it_goes_with_its_recording(library: SqlRepository, outbox: Outbox) -> None:
    id = new_id()
    about = parcel(recording=id)
    assert await outbox.add([about]) == 0  # there is no such recording
    row = Recording(id=id, owner="local", title="A", created_at=NOW, state="done")
    await library.create(row)
    assert await outbox.add([about]) == 1
    assert [p.id for p in await outbox.of_recording("local", id, "email")] == ["p1"]
    assert await outbox.of_recording("local", id, "webhook") == []
    await library.delete("local", id)
    assert await outbox.due("email", ()) is None


async def test_so_many_an_hour(outbox: Outbox) -> None:
    await outbox.add([parcel("a"), parcel("b"), parcel("w", channel="webhook")])
    await outbox.limit("local", "email", 3, SOON)
    with pytest.raises(TooOften, match="2 e-mails an hour"):
        await outbox.limit("local", "email", 2, SOON)
    await outbox.limit("another", "email", 2, SOON)
    await outbox.limit("local", "email", 2, NOW + timedelta(hours=1))


async def test_so_many_wait_for_an_address(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 2)
    assert await outbox.add([parcel(id) for id in "abc"]) == 2
    assert await outbox.add([parcel("d", address="bob@example.org")]) == 1


async def test_alike_are_gathered_until_one_is_tried(outbox: Outbox, webhooks: Webhooks) -> None:
    await webhooks.add(webhook())
    told = {"channel": "webhook", "webhook": "w1", "kind": "recording.edited"}
    assert await outbox.add([parcel("a", **told)], gather=True) == 1
    assert await outbox.add([parcel("b", **told)], gather=True) == 0
    assert await outbox.add([parcel("b", **told | {"kind": "summary.made"})], gather=True) == 1
    assert await outbox.claim("webhook", (), SOON) is not None
    assert await outbox.claim("webhook", (), SOON) is not None
    assert await outbox.add([parcel("c", **told)], gather=True) == 1


async def test_webhooks_come_and_go(outbox: Outbox, webhooks: Webhooks) -> None:
    assert await webhooks.add(webhook())
    assert await webhooks.of("local") == [webhook()]
    assert await webhooks.of("another") == []
    assert await webhooks.get("local", "w1") == webhook()
    await outbox.add([parcel(channel="webhook", webhook="w1")])
    assert [p.id for p in await outbox.of_webhook("local", "w1")] == ["p1"]
    for owner, id in (("another", "w1"), ("local", "w2")):
        with pytest.raises(NotFound):
            await webhooks.get(owner, id)
        with pytest.raises(NotFound):
            await webhooks.delete(owner, id)
    await webhooks.delete("local", "w1")
    assert await outbox.add([parcel("late", channel="webhook", webhook="w1")]) == 0
    assert await webhooks.of("local") == []
    assert await outbox.due("webhook", ()) is None


async def test_so_many_webhooks(webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks_module, "MOST", 1)
    assert await webhooks.add(webhook())
    assert not await webhooks.add(webhook("w2"))
    assert await webhooks.add(webhook("w3", owner="another"))
