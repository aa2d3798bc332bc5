"""Addresses that are told what happens, of which events, and the secrets that sign for us."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, func, insert, select

from vivavoce.core.errors import NotFound
from vivavoce.library.database import Tables
from vivavoce.library.owners import hold_owner
from vivavoce.library.schema import webhooks

MOST: Final = 20
"""Webhooks of one owner."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """One address. Its secret is told once, to whoever made it."""

    id: str
    owner: str
    url: str
    events: tuple[str, ...]  # names of those that it is told of
    secret: str  # whsec_ and base64
    created_at: datetime  # aware, UTC


class Webhooks:
    """Any number of processes may use the same database. Every method may raise `DiskError`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, webhook: Webhook) -> bool:
        """Keep it; False: the owner has as many as may be."""
        own = select(func.count()).where(webhooks.c.owner == webhook.owner)
        async with self._tables.write() as db:
            await hold_owner(db, webhook.owner)
            if (await db.execute(own)).scalar_one() >= MOST:
                return False
            values = msgspec.structs.asdict(webhook)
            values["events"] = " ".join(webhook.events)
            await db.execute(insert(webhooks), values)
        return True

    async def of(self, owner: str) -> list[Webhook]:
        """Every webhook of an owner, the oldest first."""
        query = select(webhooks).where(webhooks.c.owner == owner).order_by(webhooks.c.id)
        async with self._tables.read() as db:
            return [_webhook(row) for row in await db.execute(query)]

    async def get(self, owner: str, webhook: str) -> Webhook:
        """One of them. Raises `NotFound`."""
        query = select(webhooks).where(webhooks.c.owner == owner, webhooks.c.id == webhook)
        async with self._tables.read() as db:
            if (row := (await db.execute(query)).first()) is None:
                raise NotFound(f"There is no webhook {webhook}.")
            return _webhook(row)

    async def delete(self, owner: str, webhook: str) -> None:
        """Tell it nothing more, also not what waits. Raises `NotFound`."""
        it = delete(webhooks).where(webhooks.c.owner == owner, webhooks.c.id == webhook)
        async with self._tables.write() as db:
            if not (await db.execute(it)).rowcount:
                raise NotFound(f"There is no webhook {webhook}.")


def _webhook(row: Row[Any]) -> Webhook:
    values = dict(row._mapping)
    values["events"] = tuple(values["events"].split())
    return Webhook(**values)
