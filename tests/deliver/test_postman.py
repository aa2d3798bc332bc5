"""What is due is sent, tried again, given up; another server goes on where one has stopped."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.deliver.conftest import Clock
from vivavoce.deliver.postman import AT_ONCE, KEPT, WAITS, NotNow, Postman, Refused
from vivavoce.library.outbox import LEASE, Outbox, Parcel

pytestmark = pytest.mark.anyio
Make = Callable[..., Parcel]


class Carrier:
    """Does what it is told; `None` is to take what comes."""

    def __init__(self) -> None:
        self.verdicts: list[Exception | None] = []
        self.seen: list[str] = []
        self.sending = 0
        self.most = 0
        self.crowded = asyncio.Event()  # as many are being sent as may be
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, parcel: Parcel) -> None:
        self.seen.append(parcel.id)
        self.sending += 1
        self.most = max(self.most, self.sending)
        if self.sending == AT_ONCE:
            self.crowded.set()
        try:
            await self.gate.wait()
        finally:
            self.sending -= 1
        if self.verdicts and (verdict := self.verdicts.pop(0)) is not None:
            raise verdict


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
async def postman(outbox: Outbox, carrier: Carrier, clock: Clock) -> AsyncIterator[Postman]:
    found = Postman(outbox, "email", carrier, clock=clock)
    found.start()
    yield found
    await found.stop()


async def add(outbox: Outbox, postman: Postman, *parcels: Parcel) -> None:
    await outbox.add(parcels)
    postman.wake()


async def attempted(outbox: Outbox, postman: Postman, times: int, id: str = "p1") -> Parcel:
    """The parcel when it was tried so often and the verdict is noted."""
    while True:
        found = await postman.tried("local", id, 60)
        if found.attempts == times and (found.message or found.state != "waiting"):
            return found
        await asyncio.sleep(0)


async def test_it_is_sent(outbox: Outbox, postman: Postman, carrier: Carrier, parcel: Make) -> None:
    await add(outbox, postman, parcel())
    found = await postman.tried("local", "p1", 60)
    assert (found.state, found.attempts, found.message) == ("sent", 1, None)
    assert carrier.seen == ["p1"]


async def test_a_refusal_is_final(
    outbox: Outbox, postman: Postman, carrier: Carrier, parcel: Make
) -> None:
    carrier.verdicts = [Refused("Nobody of that name lives here.")]
    await add(outbox, postman, parcel())
    found = await postman.tried("local", "p1", 60)
    assert (found.state, found.message) == ("failed", "Nobody of that name lives here.")


async def test_it_is_tried_again_after_longer_and_longer(
    outbox: Outbox, postman: Postman, carrier: Carrier, parcel: Make, clock: Clock
) -> None:
    carrier.verdicts = [NotNow("Nobody opens.") for _ in WAITS] + [None]
    await add(outbox, postman, parcel())
    for times, wait in enumerate(WAITS, 1):
        found = await attempted(outbox, postman, times)
        assert (found.state, found.message) == ("waiting", "Nobody opens.")
        assert found.due_at == clock.at + wait
        clock.turn(wait)
        postman.wake()
    found = await attempted(outbox, postman, len(WAITS) + 1)
    assert (found.state, found.message) == ("sent", None)
    assert list(WAITS) == sorted(WAITS)


async def test_it_is_given_up_in_the_end(
    outbox: Outbox, postman: Postman, carrier: Carrier, parcel: Make, clock: Clock
) -> None:
    carrier.verdicts = [NotNow("Nobody opens.")]
    await add(outbox, postman, parcel(attempts=len(WAITS)))
    found = await attempted(outbox, postman, len(WAITS) + 1)
    assert (found.state, found.body) == ("failed", "")
    assert found.message == "Nobody opens. Given up after 8 attempts."


async def test_what_nobody_foresaw_does_not_keep_others_from_being_sent(
    outbox: Outbox, postman: Postman, carrier: Carrier, parcel: Make
) -> None:
    carrier.verdicts = [RuntimeError("with a secret")]
    await add(outbox, postman, parcel("a"))
    found = await postman.tried("local", "a", 60)
    assert found.state == "waiting"
    assert "secret" not in (found.message or "secret")
    await add(outbox, postman, parcel("b"))
    assert (await postman.tried("local", "b", 60)).state == "sent"


async def test_what_nobody_foresaw_while_looking_does_not_end_the_looking(
    outbox: Outbox, carrier: Carrier, clock: Clock, parcel: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles = [RuntimeError("unforeseen")]
    due = outbox.due

    async def once(*what: Any) -> Any:
        if troubles:
            looked.set()
            raise troubles.pop()
        return await due(*what)

    looked = asyncio.Event()
    monkeypatch.setattr(outbox, "due", once)
    postman = Postman(outbox, "email", carrier, clock=clock)
    postman.start()
    await looked.wait()
    await add(outbox, postman, parcel())
    assert (await postman.tried("local", "p1", 60)).state == "sent"
    await postman.stop()


async def test_a_few_at_a_time_and_one_for_each_address(
    outbox: Outbox, postman: Postman, carrier: Carrier, parcel: Make
) -> None:
    carrier.gate.clear()
    same = [parcel(f"s{n}") for n in range(3)]
    others = [parcel(f"o{n}", address=f"{n}@example.org") for n in range(2 * AT_ONCE)]
    await add(outbox, postman, *same, *others)
    await carrier.crowded.wait()
    assert len([id for id in carrier.seen if id.startswith("s")]) <= 1
    carrier.gate.set()
    for each in (*same, *others):
        assert (await postman.tried("local", each.id, 60)).state == "sent"
    assert carrier.most == AT_ONCE
    assert len(carrier.seen) == len(same) + len(others)


async def test_another_server_goes_on(
    outbox: Outbox, carrier: Carrier, clock: Clock, parcel: Make
) -> None:
    first = Postman(outbox, "email", carrier, clock=clock)
    carrier.verdicts = [NotNow("Nobody opens.")]
    await outbox.add([parcel()])
    first.start()
    await first.tried("local", "p1", 60)
    await first.stop()
    clock.turn(WAITS[0])
    second = Postman(outbox, "email", carrier, clock=clock)
    second.start()
    assert (await attempted(outbox, second, 2)).state == "sent"
    await second.stop()


async def test_what_a_killed_server_was_sending_is_sent_again(
    outbox: Outbox, postman: Postman, carrier: Carrier, clock: Clock, parcel: Make
) -> None:
    await outbox.add([parcel()])
    assert await outbox.claim("email", (), clock.at) is not None  # and never heard of again
    clock.turn(LEASE + timedelta(seconds=1))
    postman.wake()
    assert (await postman.tried("local", "p1", 60)).state == "sent"


async def test_who_asks_too_early_is_told_how_it_is(
    outbox: Outbox, postman: Postman, carrier: Carrier, parcel: Make
) -> None:
    carrier.gate.clear()
    await add(outbox, postman, parcel())
    assert (await postman.tried("local", "p1", 0)).state == "waiting"
    carrier.gate.set()


async def test_what_was_sent_long_ago_is_forgotten(
    outbox: Outbox, carrier: Carrier, clock: Clock, parcel: Make
) -> None:
    await outbox.add([parcel("old", state="sent"), parcel("waits", due_at=clock.at + 2 * KEPT)])
    clock.turn(KEPT + timedelta(days=1))
    await outbox.add([parcel("new", state="sent", created_at=clock.at)])
    postman = Postman(outbox, "email", carrier, clock=clock)
    postman.start()
    await outbox.add([parcel("last", due_at=clock.at)])
    postman.wake()
    assert (await postman.tried("local", "last", 60)).state == "sent"
    await postman.stop()
    for id in ("new", "waits"):
        await outbox.get("local", id)
    with pytest.raises(Exception, match="There is no message old"):
        await outbox.get("local", "old")
