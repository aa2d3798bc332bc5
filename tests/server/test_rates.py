"""How much of everything an address, a key and an owner may have."""

from pathlib import Path

import pytest

from vivavoce.config import Settings
from vivavoce.core.errors import QuotaSpent, Throttled
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.server.rates import Rates

pytestmark = pytest.mark.anyio

MINUTE = 60 * SAMPLE_RATE


def rates(data_dir: Path, minutes: int | None = None) -> Rates:
    return Rates(Settings(data_dir=data_dir, audio_minutes_per_day=minutes))


async def test_requests_are_counted_for_each(tmp_path: Path) -> None:
    found = rates(tmp_path)
    for _ in range(5):
        await found.request("address", "192.0.2.1", 5)
    with pytest.raises(Throttled, match=r"More than 5 requests a minute .* this address") as error:
        await found.request("address", "192.0.2.1", 5)
    assert 0 < error.value.after <= 120
    await found.request("address", "192.0.2.2", 5)
    await found.request("key", "192.0.2.1", 5)


async def test_minutes_are_spent_by_all_sessions_of_an_owner(tmp_path: Path) -> None:
    found = rates(tmp_path, 2)
    await found.check("ada")
    await found.spend("ada", MINUTE)
    await found.spend("ada", MINUTE)
    with pytest.raises(QuotaSpent, match="2 minutes"):
        await found.spend("ada", SAMPLE_RATE)
    with pytest.raises(QuotaSpent) as error:
        await found.check("ada")
    assert 0 < error.value.after <= 86_400
    await found.check("bob")


async def test_a_key_says_how_many_minutes(tmp_path: Path) -> None:
    found = rates(tmp_path, 1)
    found.allow("ada", 3)
    await found.spend("ada", 3 * MINUTE)
    found.allow("bob", 0)
    with pytest.raises(QuotaSpent):
        await found.check("bob")
    found.allow("bob", None)
    await found.check("bob")


async def test_without_a_quota_nothing_is_counted(tmp_path: Path) -> None:
    found = rates(tmp_path)
    await found.spend("ada", 10_000 * MINUTE)
    await found.check("ada")
