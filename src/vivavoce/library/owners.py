"""Whose everything is."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.library.database import of
from vivavoce.library.schema import principals


async def make_known(db: AsyncConnection, owner: str) -> None:
    """Let an owner have rows."""
    person = {"id": owner, "name": owner, "created_at": datetime.now(UTC)}
    await db.execute(of(db).insert(principals).values(person).on_conflict_do_nothing())


async def hold_owner(db: AsyncConnection, owner: str) -> None:
    """Make an owner known, whose rows nobody else counts until the end of the transaction."""
    await make_known(db, owner)
    held = select(principals.c.id).where(principals.c.id == owner)
    await db.execute(held.with_for_update(key_share=True))
