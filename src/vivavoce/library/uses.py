"""What was sent to engines: by each recording, and in all."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.types import Use
from vivavoce.library.database import of
from vivavoce.library.owners import make_known
from vivavoce.library.recording import Recording
from vivavoce.library.schema import totals, uses


async def uses_of(db: AsyncConnection, ids: Sequence[str]) -> dict[str, tuple[Use, ...]]:
    """What these recordings sent."""
    found: dict[str, tuple[Use, ...]] = defaultdict(tuple)
    for row in await db.execute(select(uses).where(uses.c.recording.in_(ids))):
        found[row.recording] += (_use(row),)
    # Here: a database may sort as its country's dictionaries do.
    return found | {recording: _sorted(each) for recording, each in found.items()}


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
    add = of(db).insert(totals)
    more = {"samples": totals.c.samples + add.excluded.samples}
    add = add.on_conflict_do_update(index_elements=totals.primary_key.columns, set_=more)
    belongs = {"owner": owner, "day": day}
    # In one order, or two who add to the same days would wait for each other.
    await db.execute(add, [belongs | msgspec.structs.asdict(use) for use in _sorted(used)])


async def total_uses(
    db: AsyncConnection, owner: str, since: date | None = None
) -> list[tuple[date, Use]]:
    """See `Repository.usage`."""
    query = select(totals).where(totals.c.owner == owner)
    if since is not None:
        query = query.where(totals.c.day >= since)
    found = [(row.day, _use(row)) for row in await db.execute(query)]
    return sorted(found, key=lambda each: (each[0], *_order(each[1])))


def _use(row: Any) -> Use:
    return Use(row.engine, row.model, row.samples)


def _order(use: Use) -> tuple[str, str]:
    return use.engine, use.model


def _sorted(used: Iterable[Use]) -> tuple[Use, ...]:
    return tuple(sorted(used, key=_order))
