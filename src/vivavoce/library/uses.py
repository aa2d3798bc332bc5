"""What was sent to engines: by each recording, and in all."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.types import Use
from vivavoce.library.recording import Recording
from vivavoce.library.schema import principals, totals, uses


async def make_known(db: AsyncConnection, owner: str) -> None:
    """Let an owner have rows."""
    known = select(principals.c.id).where(principals.c.id == owner)
    if (await db.execute(known)).first() is None:
        person = {"id": owner, "name": owner, "created_at": datetime.now(UTC)}
        await db.execute(insert(principals), person)


async def uses_of(db: AsyncConnection, ids: Sequence[str]) -> dict[str, tuple[Use, ...]]:
    """What these recordings sent."""
    order = uses.c.recording, uses.c.engine, uses.c.model
    query = select(*order, uses.c.samples).where(uses.c.recording.in_(ids)).order_by(*order)
    found: dict[str, tuple[Use, ...]] = defaultdict(tuple)
    for row in await db.execute(query):
        found[row.recording] += (_use(row),)
    return found


async def keep_uses(db: AsyncConnection, recording: Recording, used: Sequence[Use]) -> None:
    """Keep what a recording sent, which is added to the totals too."""
    belongs = {"recording": recording.id, "owner": recording.owner}
    if used:
        await db.execute(insert(uses), [belongs | msgspec.structs.asdict(use) for use in used])
    await count_uses(db, recording.owner, recording.created_at.date(), used)


async def count_uses(db: AsyncConnection, owner: str, day: date, used: Sequence[Use]) -> None:
    """Add to the totals of a day (UTC)."""
    if not used:
        return
    await make_known(db, owner)
    add = upsert(totals)
    more = {"samples": totals.c.samples + add.excluded.samples}
    add = add.on_conflict_do_update(index_elements=totals.primary_key.columns, set_=more)
    belongs = {"owner": owner, "day": day}
    await db.execute(add, [belongs | msgspec.structs.asdict(use) for use in used])


async def total_uses(
    db: AsyncConnection, owner: str, since: date | None = None
) -> list[tuple[date, Use]]:
    """See `Repository.usage`."""
    order = totals.c.day, totals.c.engine, totals.c.model
    query = select(*order, totals.c.samples).where(totals.c.owner == owner)
    if since is not None:
        query = query.where(totals.c.day >= since)
    return [(row.day, _use(row)) for row in await db.execute(query.order_by(*order))]


def _use(row: Any) -> Use:
    return Use(row.engine, row.model, row.samples)
