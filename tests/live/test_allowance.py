"""Each sample of a session is paid for once."""

import pytest

from vivavoce.core.errors import QuotaSpent
from vivavoce.live.allowance import Account

pytestmark = pytest.mark.anyio


class Purse:
    def __init__(self, left: int) -> None:
        self.left = left

    async def check(self, owner: str) -> None:
        pass

    async def spend(self, owner: str, samples: int) -> None:
        self.left -= samples
        if self.left < 0:
            raise QuotaSpent("There is nothing left.")


async def test_what_was_paid_is_not_paid_again() -> None:
    purse = Purse(1000)
    account = Account(purse, "ada", paid=100)
    for position in (0, 100, 300, 200, 300, 400):  # another engine begins again where words end
        await account.pay(position)
    assert purse.left == 700


async def test_too_much_is_said_once() -> None:
    account = Account(Purse(10), "ada", 0)
    with pytest.raises(QuotaSpent):
        await account.pay(11)
    await account.pay(11)
