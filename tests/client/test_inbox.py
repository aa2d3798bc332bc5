"""What waits for the application."""

import pytest

from vivavoce.client.inbox import BOUND, Inbox
from vivavoce.core.events import Final, Interim, Marker, Numbered


def interim(id: str, text: str) -> Interim:
    return Interim(id=id, start=0, end=1, stable="", tail=text)


def final(n: int, id: str) -> Numbered:
    return Numbered(n, 1, Final(id=id, start=0, end=1, text="x", engine="e", model="m"))


def test_events_come_in_order_and_before_the_latest_interim() -> None:
    inbox = Inbox()
    inbox.put(interim("u2", "old"))
    inbox.put(final(1, "u1"))
    inbox.put(interim("u2", "new"))
    inbox.put(Numbered(2, 1, Marker(at=0)))
    assert [inbox.take() for _ in range(3)] == [
        final(1, "u1").event,
        Marker(at=0),
        interim("u2", "new"),
    ]
    assert not inbox


def test_a_final_takes_its_interim_away() -> None:
    inbox = Inbox()
    inbox.put(interim("u1", "old"))
    inbox.put(final(1, "u1"))
    assert inbox.take() == final(1, "u1").event
    assert not inbox
    with pytest.raises(IndexError):
        inbox.take()


def test_it_is_full_at_its_bound_and_interims_do_not_count() -> None:
    inbox = Inbox()
    for n in range(1, BOUND):
        inbox.put(final(n, "u"))
        inbox.put(interim("v", "again"))
    assert not inbox.full
    inbox.put(final(BOUND, "u"))
    assert inbox.full
