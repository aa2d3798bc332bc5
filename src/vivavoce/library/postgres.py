"""A library in PostgreSQL.

Readers see one state from first to last. Writers run side by side and see what others have
committed; what they change, or count on, they hold by its row or by a lock of that name. Both are
taken in one order everywhere (recordings before names), so nobody waits in a circle, and no
transaction fails because of another: there is nothing to be tried again.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    String,
    Table,
    TextualSelect,
    bindparam,
    cast,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vivavoce.library.database import BUSY, Writing, known
from vivavoce.library.schema import Utc, recordings
from vivavoce.library.terms import Phrase

CONNECTS: Final = 10
"""Seconds that PostgreSQL may take to let us in."""

ANSWERS: Final = 60
"""Seconds that it may take for one statement, waiting for others included."""

CONNECTIONS: Final = 10
"""Of one server process, at most."""

_SESSION: Final = {
    "application_name": "vivavoce",
    "lock_timeout": f"{BUSY}s",
    "timezone": "UTC",
    # How common a word is decides whether its index or that of the ids is the quicker way.
    "plan_cache_mode": "force_custom_plan",
}

_HITS: Final = """
    SELECT p.id, p.recording, p.utterance, p.start, p."end", p.text, p.starts,
           r.title, r.created_at
    FROM passages AS p JOIN recordings AS r ON r.id = p.recording
    WHERE {said} AND p.id < :below AND p.owner = :owner AND r.deleted_at IS NULL
    ORDER BY p.id DESC LIMIT :limit
"""
_MENTIONED: Final = "SELECT p.recording FROM passages AS p WHERE {said}"


class Postgres:
    """Implements `Database`. `url` is what PostgreSQL's own clients take."""

    setting = "database_url"

    def __init__(self, url: str) -> None:
        self._url = url
        at = urlsplit(url)
        self._where = f"postgresql://{at.netloc.rpartition('@')[2]}{at.path}"

    @property
    def where(self) -> str:
        return self._where

    @property
    def now(self) -> ColumnElement[float]:
        # Not that of the transaction: it may have waited for another.
        return cast(func.extract("epoch", func.clock_timestamp()), Float(53))

    def engines(self) -> tuple[AsyncEngine, AsyncEngine]:
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_pre_ping=True,  # the one that was there may have been started anew
            pool_size=CONNECTIONS // 2,
            max_overflow=CONNECTIONS - CONNECTIONS // 2,
            pool_timeout=BUSY,
        )
        reads = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return known(engine, self, **reads), known(engine, self)

    def reason(self, error: Exception) -> str | None:
        if isinstance(error, NoneFree):
            return "every connection to it is taken"
        if isinstance(error, DBAPIError):
            said = error.orig and (error.orig.__cause__ or error.orig)  # the driver's own word
            return _reason(said) if _drivers(said) else "the connection is lost"
        return _reason(error) if _drivers(error) else None

    async def prepare(self) -> None:
        pass  # a database is made by whoever runs the server of it

    async def check(self, db: AsyncConnection) -> None:
        if (await db.execute(text("SHOW transaction_read_only"))).scalar_one() == "on":
            raise Unusable("it can only be read")

    async def alone(self, db: AsyncConnection, what: str) -> None:
        digest = hashlib.sha256(f"vivavoce {what}".encode()).digest()
        key = int.from_bytes(digest[:8], signed=True)
        lock = text("SELECT pg_advisory_xact_lock(:key)").bindparams(
            bindparam("key", key, BigInteger)
        )
        await db.execute(lock)

    def insert(self, table: Table) -> Any:
        return insert(table)

    def hits(self, asked: Sequence[Phrase]) -> TextualSelect:
        said, values = _said(asked)
        found = text(_HITS.format(said=said))
        found = found.bindparams(bindparam("below", type_=BigInteger), **values)
        return found.columns(created_at=Utc)

    def mentioned(self, asked: Sequence[Phrase]) -> ColumnElement[bool]:
        said, values = _said(asked)
        found = text(_MENTIONED.format(said=said)).bindparams(**values)
        return recordings.c.id.in_(found.columns(recording=String))

    async def tidy(self, writing: Writing) -> None:
        pass  # its own housekeeping does, when its time has come

    async def _connect(self) -> asyncpg.Connection:
        try:
            made = await asyncpg.connect(
                self._url, timeout=CONNECTS, command_timeout=ANSWERS, server_settings=_SESSION
            )
        except ValueError as error:  # it may quote the password
            raise Unusable("that is no address that PostgreSQL's clients know") from error
        for kind in ("text", "varchar"):
            await made.set_type_codec(kind, schema="pg_catalog", encoder=_text, decoder=str)
        return made


class Unusable(OSError):
    """What PostgreSQL does not say by an error of its own."""


def _said(asked: Sequence[Phrase]) -> tuple[str, dict[str, str]]:
    """A condition on passages `p`, and its values: the index knows which words they have, the
    passages themselves in which order."""
    words: list[str] = []
    parts, values = ["p.search @@ CAST(:asked AS tsquery)"], {}
    for n, phrase in enumerate(asked):
        *before, last = phrase.terms
        words += map(_quoted, before)
        words.append(_quoted(last) + ":*" * phrase.prefix)
        if before:
            parts.append(f"strpos(' ' || p.terms || ' ', :phrase{n}) > 0")
            values[f"phrase{n}"] = f" {' '.join(phrase.terms)}{'' if phrase.prefix else ' '}"
    return " AND ".join(parts), {"asked": " & ".join(words), **values}


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def _text(text: str) -> str:
    """PostgreSQL's texts cannot hold a zero."""
    return text.replace("\0", "\ufffd")


def _drivers(error: object) -> bool:
    return isinstance(error, (asyncpg.PostgresError, OSError))


def _reason(error: object) -> str | None:
    match error:
        case TimeoutError():
            return "it gives no answer"
        case asyncpg.PostgresError():
            return None if _ours(error) else str(error).rstrip(".")
        case OSError():
            return error.strerror or str(error) or "there is no connection"
    return None


def _ours(error: asyncpg.PostgresError) -> bool:
    """Whether a statement was wrong, and not the database, by the class of the error's code."""
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return False
    return (error.sqlstate or "")[:2] in ("22", "23", "42")
