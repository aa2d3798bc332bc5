"""Summaries of recordings, and the templates that people make for them.

What a summary says is JSON here: what is in it is known by who made it (`insight/`). One is
kept when it is whole, and goes with its recording.
"""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, insert, select

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.library.database import Tables, of
from vivavoce.library.listing import held
from vivavoce.library.retention import check_text
from vivavoce.library.schema import summaries, templates

MOST: Final = 100
"""Summaries of one recording."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One that was made. `revision` says of which state of the transcript."""

    id: str
    owner: str
    recording: str
    template: str
    created_at: datetime  # aware, UTC
    language: str | None  # BCP-47; None: the transcript's
    model: str
    extract: bool  # sentences of the transcript, put together without a language model
    revision: str
    answer: str  # JSON


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody made or changed."""

    name: str
    title: str
    prompt: str


class TooManySummaries(PeerError):
    """As many summaries as one recording may have."""

    code, status = "too_many", 409


class Summaries:
    """Every method may raise `DiskError`, which names the library."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, summary: Summary) -> None:
        """Raises `NotFound` (the recording was deleted meanwhile), `TooManySummaries`."""
        async with self._tables.write() as db:
            check_text(await held(db, summary.recording, summary.owner))
            _room(len((await db.execute(_ids(summary.recording))).all()))
            await db.execute(insert(summaries), msgspec.structs.asdict(summary))

    async def check_room(self, recording: str) -> None:
        """Raises `TooManySummaries` where one more would not be kept."""
        async with self._tables.read() as db:
            _room(len((await db.execute(_ids(recording))).all()))

    async def of(self, owner: str, recording: str) -> list[Summary]:
        """Those of a recording, newest first."""
        own = summaries.c.owner == owner, summaries.c.recording == recording
        query = select(summaries).where(*own).order_by(summaries.c.id.desc())
        async with self._tables.read() as db:
            return [_summary(row) for row in await db.execute(query)]

    async def delete(self, owner: str, recording: str, summary: str) -> None:
        """Raises `NotFound`."""
        own = summaries.c.owner == owner, summaries.c.recording == recording
        async with self._tables.write() as db:
            gone = await db.execute(delete(summaries).where(*own, summaries.c.id == summary))
            if not gone.rowcount:
                raise NotFound(f"There is no summary {summary} of this recording.")

    async def templates(self, owner: str) -> list[Template]:
        """What this owner made or changed, in order of name."""
        query = select(templates).where(templates.c.owner == owner)
        async with self._tables.read() as db:
            found = [_template(row) for row in await db.execute(query)]
        return sorted(found, key=lambda template: template.name)

    async def put_template(self, owner: str, template: Template) -> None:
        """Make or change one."""
        values = msgspec.structs.asdict(template)
        key = templates.primary_key.columns
        async with self._tables.write() as db:
            row = of(db).insert(templates).values(owner=owner, **values)
            await db.execute(row.on_conflict_do_update(index_elements=key, set_=values))

    async def delete_template(self, owner: str, name: str) -> bool:
        """Whether there was one."""
        same = templates.c.owner == owner, templates.c.name == name
        async with self._tables.write() as db:
            return bool((await db.execute(delete(templates).where(*same))).rowcount)


def _ids(recording: str) -> Any:
    return select(summaries.c.id).where(summaries.c.recording == recording)


def _room(there: int) -> None:
    if there >= MOST:
        raise TooManySummaries(f"A recording has {MOST} summaries at most; delete one first.")


def _summary(row: Row[Any]) -> Summary:
    return Summary(**row._mapping)


def _template(row: Row[Any]) -> Template:
    return Template(name=row.name, title=row.title, prompt=row.prompt)
