"""How much audio an owner may still have transcribed: a port, behind which the server counts."""

from typing import Protocol


class Allowance(Protocol):
    async def check(self, owner: str) -> None:
        """Raises `QuotaSpent`: nothing is left for another session."""

    async def spend(self, owner: str, samples: int) -> None:
        """So many more were heard. Raises `QuotaSpent`: the session is to end here."""


class Boundless:
    """As much as comes."""

    async def check(self, owner: str) -> None:
        pass

    async def spend(self, owner: str, samples: int) -> None:
        pass


class Account:
    """What one session has used of its owner's: each of its samples once."""

    def __init__(self, allowance: Allowance, owner: str, paid: int) -> None:
        """`paid`: samples that an earlier process counted."""
        self._allowance = allowance
        self._owner = owner
        self._paid = paid

    async def pay(self, position: int) -> None:
        """It was heard up to here. Raises `QuotaSpent`."""
        due, self._paid = position - self._paid, max(self._paid, position)
        if due > 0:
            await self._allowance.spend(self._owner, due)
