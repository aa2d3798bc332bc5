"""Words that people put on recordings."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.library.recording import Recording
from vivavoce.library.schema import recordings, tags
from vivavoce.library.terms import plain

COUNTED: Final = 500
"""Tags that are listed at most, those of the most recordings."""


async def tags_of(db: AsyncConnection, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The tags of these recordings, in alphabetical order."""
    query = select(tags.c.recording, tags.c.tag).where(tags.c.recording.in_(ids))
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for recording, tag in await db.execute(query):
        found[recording] += (tag,)
    # Here: a database may sort as its country's dictionaries do.
    return found | {recording: tuple(sorted(each)) for recording, each in found.items()}


async def put_tags(db: AsyncConnection, recording: Recording, wanted: Iterable[str]) -> None:
    """Let a recording have these tags and no others. `db` must hold the recording."""
    await db.execute(delete(tags).where(tags.c.recording == recording.id))
    belongs = {"recording": recording.id, "owner": recording.owner}
    if rows := [belongs | {"tag": tag, "plain": plain(tag)} for tag in dict.fromkeys(wanted)]:
        await db.execute(insert(tags), rows)


async def count_tags(db: AsyncConnection, owner: str) -> list[tuple[str, int]]:
    """See `Repository.tags`."""
    query = select(tags.c.tag, func.count()).join(recordings).where(tags.c.owner == owner)
    query = query.where(recordings.c.deleted_at.is_(None)).group_by(tags.c.tag)
    most_used = query.order_by(func.count().desc(), tags.c.tag).limit(COUNTED)
    return sorted((tag, count) for tag, count in await db.execute(most_used))
