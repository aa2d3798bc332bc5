"""The tables. Whatever changes here needs a revision in `migrations/versions`.

Every row has an owner, so that nothing has to be guessed when there are several.
"""

import json
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Named,
    String,
    Table,
    TypedColumns,
    TypeDecorator,
    event,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


Long: Final = Integer().with_variant(BigInteger(), "postgresql")
"""An integer of 64 bits: bytes, samples. In SQLite every one is."""


class Utc(TypeDecorator[datetime]):
    """An aware time, stored as UTC without saying so and read back as UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        return value and value.replace(tzinfo=UTC)


class Strings(TypeDecorator[tuple[str, ...]]):
    """Some texts, in order, as JSON."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else json.dumps(value, ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Any) -> tuple[str, ...] | None:  # noqa: ARG002
        return None if value is None else tuple(json.loads(value))


class _Principals(TypedColumns):
    id: Named[str] = Column(primary_key=True)
    name: Named[str]
    created_at: Named[datetime] = Column(Utc)


class _Recordings(TypedColumns):
    id: Named[str] = Column(primary_key=True)
    owner: Named[str] = Column(ForeignKey("principals.id"))
    title: Named[str]
    created_at: Named[datetime] = Column(Utc)
    state: Named[str]
    reason: Named[str | None]
    duration: Named[float]  # seconds
    language: Named[str | None]
    engine: Named[str | None]
    model: Named[str | None]
    media_type: Named[str]
    bytes: Named[int] = Column(Long)
    preview: Named[str]
    mode: Named[str] = Column(server_default="live")
    diarization: Named[bool] = Column(server_default="0")
    speakers: Named[tuple[str, ...]] = Column(Strings, server_default="[]")
    words: Named[int] = Column(server_default="0")
    deleted_at: Named[datetime | None] = Column(Utc)
    keep: Named[bool] = Column(server_default="0")
    audio_until: Named[datetime | None] = Column(Utc)
    text_until: Named[datetime | None] = Column(Utc)
    audio_gone_at: Named[datetime | None] = Column(Utc)
    text_gone_at: Named[datetime | None] = Column(Utc)
    plain_title: Named[str] = Column(server_default="")  # as it is compared


class _Events(TypedColumns):
    recording: Named[str] = Column(
        ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True
    )
    n: Named[int] = Column(primary_key=True, autoincrement=False)
    epoch: Named[int]
    owner: Named[str] = Column(ForeignKey("principals.id"))
    event: Named[str]  # JSON


class _Transcripts(TypedColumns):
    recording: Named[str] = Column(
        ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True
    )
    owner: Named[str] = Column(ForeignKey("principals.id"))
    text: Named[str]  # one utterance a line, for searching
    transcript: Named[str]  # JSON: the fold of the events


class _Passages(TypedColumns):
    """An utterance as a search finds it; see `library/search.py` for what the ids say."""

    id: Named[int] = Column(Long, primary_key=True, autoincrement=False)
    recording: Named[str] = Column(ForeignKey("recordings.id", ondelete="CASCADE"))
    owner: Named[str] = Column(ForeignKey("principals.id"))
    utterance: Named[str]
    start: Named[int] = Column(Long)  # samples
    end: Named[int] = Column(Long)  # samples
    text: Named[str]
    terms: Named[str]  # its words as they are compared, with spaces between them
    starts: Named[str]  # JSON: milliseconds from `start` to each word; empty: nobody knows


class _Tags(TypedColumns):
    recording: Named[str] = Column(
        ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True
    )
    tag: Named[str] = Column(primary_key=True)
    owner: Named[str] = Column(ForeignKey("principals.id"))
    plain: Named[str] = Column(server_default="")  # as it is compared


class _Uses(TypedColumns):
    """What a recording's session sent to engines."""

    recording: Named[str] = Column(
        ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True
    )
    engine: Named[str] = Column(primary_key=True)
    model: Named[str] = Column(primary_key=True)
    owner: Named[str] = Column(ForeignKey("principals.id"))
    samples: Named[int] = Column(Long)


class _Totals(TypedColumns):
    """What all sessions sent, those too that were not kept or are deleted: it has a price."""

    owner: Named[str] = Column(ForeignKey("principals.id"), primary_key=True)
    day: Named[date] = Column(primary_key=True)  # UTC, on which the session began
    engine: Named[str] = Column(primary_key=True)
    model: Named[str] = Column(primary_key=True)
    samples: Named[int] = Column(Long)


class _Shares(TypedColumns):
    """Links by which a recording may be read; of their tokens only hashes."""

    id: Named[str] = Column(primary_key=True)
    owner: Named[str] = Column(ForeignKey("principals.id"))
    recording: Named[str] = Column(ForeignKey("recordings.id", ondelete="CASCADE"))
    token_sha256: Named[str]
    created_at: Named[datetime] = Column(Utc)
    expires_at: Named[datetime] = Column(Utc)
    audio: Named[bool]


class _Webhooks(TypedColumns):
    """Addresses that are told what happens."""

    id: Named[str] = Column(primary_key=True)
    owner: Named[str] = Column(ForeignKey("principals.id"))
    url: Named[str]
    events: Named[str]  # names, with spaces between them
    secret: Named[str]
    created_at: Named[datetime] = Column(Utc)


class _Outbox(TypedColumns):
    """What is to be sent to others, and what became of it."""

    id: Named[str] = Column(primary_key=True)
    owner: Named[str] = Column(ForeignKey("principals.id"))
    channel: Named[str]
    address: Named[str]
    kind: Named[str]
    body: Named[str]  # JSON; empty once it is sent or given up
    created_at: Named[datetime] = Column(Utc)
    due_at: Named[datetime] = Column(Utc)
    recording: Named[str | None] = Column(ForeignKey("recordings.id", ondelete="CASCADE"))
    webhook: Named[str | None] = Column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    state: Named[str]
    attempts: Named[int]
    message: Named[str | None]


class _Summaries(TypedColumns):
    """What was made of a recording, each of one state of its transcript."""

    id: Named[str] = Column(primary_key=True)
    owner: Named[str] = Column(ForeignKey("principals.id"))
    recording: Named[str] = Column(ForeignKey("recordings.id", ondelete="CASCADE"))
    template: Named[str]
    created_at: Named[datetime] = Column(Utc)
    language: Named[str | None]
    model: Named[str]
    extract: Named[bool]
    revision: Named[str]
    answer: Named[str]  # JSON


class _Templates(TypedColumns):
    """What people made or changed. An owner need not have recorded anything yet."""

    owner: Named[str] = Column(primary_key=True)
    name: Named[str] = Column(primary_key=True)
    title: Named[str]
    prompt: Named[str]


class _Diarizations(TypedColumns):
    """In which recordings speakers are to be told apart, and how far that is."""

    recording: Named[str] = Column(
        ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True
    )
    owner: Named[str] = Column(ForeignKey("principals.id"))
    state: Named[str]
    speakers: Named[int | None]
    asked: Named[bool]
    asked_at: Named[datetime] = Column(Utc)
    attempts: Named[int]
    progress: Named[float]  # 0 ... 1
    seconds_left: Named[float | None]
    message: Named[str | None]


class _Keys(TypedColumns):
    """By which programs and people are known; of the keys themselves only hashes."""

    id: Named[str] = Column(primary_key=True)
    owner: Named[str] = Column(ForeignKey("principals.id"))
    name: Named[str]
    sha256: Named[str]
    scopes: Named[tuple[str, ...]] = Column(Strings)
    limits: Named[str]  # JSON
    created_at: Named[datetime] = Column(Utc)
    expires_at: Named[datetime | None] = Column(Utc)
    revoked_at: Named[datetime | None] = Column(Utc)
    last_used_at: Named[datetime | None] = Column(Utc)


class _Secrets(TypedColumns):
    """What all processes of a server have to know, and nobody else."""

    name: Named[str] = Column(primary_key=True)
    value: Named[str]  # hexadecimal


class _Leases(TypedColumns):
    """Which server has which live session, where several share them."""

    session: Named[str] = Column(primary_key=True)
    holder: Named[str]  # a server process; empty: nobody
    volume: Named[str]  # where its journal is
    header: Named[str]  # JSON
    until: Named[float] = Column(Float(53))  # seconds since 1970, by the database's clock


principals: Final = Table("principals", metadata, _Principals)
recordings: Final = Table(
    "recordings",
    metadata,
    _Recordings,
    CheckConstraint("state IN ('live', 'transcribing', 'done', 'failed')", name="state"),
    # Newest first, one owner at a time; the id makes the order total.
    Index(None, "owner", "created_at", "id"),
    Index(None, "state"),
)
events: Final = Table("events", metadata, _Events)
transcripts: Final = Table("transcripts", metadata, _Transcripts)
passages: Final = Table("passages", metadata, _Passages, Index(None, "recording"))
tags: Final = Table("tags", metadata, _Tags, Index(None, "owner", "tag"))
uses: Final = Table("uses", metadata, _Uses)
totals: Final = Table("totals", metadata, _Totals)
shares: Final = Table(
    "shares",
    metadata,
    _Shares,
    Index(None, "token_sha256", unique=True),
    Index(None, "recording"),
)
webhooks: Final = Table("webhooks", metadata, _Webhooks, Index(None, "owner"))
outbox: Final = Table(
    "outbox",
    metadata,
    _Outbox,
    CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state"),
    Index(None, "channel", "state", "due_at"),
    Index(None, "recording"),
    Index(None, "webhook"),
)
summaries: Final = Table("summaries", metadata, _Summaries, Index(None, "recording"))
templates: Final = Table("templates", metadata, _Templates)

SEARCH: Final = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search USING fts5(terms, content='passages', content_rowid='id', "
        "columnsize=0, tokenize='ascii', prefix='1 2 3')",
        "CREATE TRIGGER passages_in AFTER INSERT ON passages BEGIN "
        "INSERT INTO search (rowid, terms) VALUES (new.id, new.terms); END",
        "CREATE TRIGGER passages_out AFTER DELETE ON passages BEGIN "
        "INSERT INTO search (search, rowid, terms) VALUES ('delete', old.id, old.terms); END",
    ),
    "postgresql": (
        "ALTER TABLE passages ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS "
        "(array_to_tsvector(string_to_array(terms, ' '))) STORED",
        # Without a list of what is still to be put in: every search would read it.
        "CREATE INDEX ix_passages_search ON passages USING gin (search) WITH (fastupdate = off)",
    ),
}
"""The index of the passages, which keeps itself. A passage is never changed, only taken out and
put in. PostgreSQL is given the words as they are: its own rules of cutting are not ours."""

for _dialect, _statements in SEARCH.items():
    for _statement in _statements:
        _ddl = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        event.listen(passages, "after_create", _ddl)
diarizations: Final = Table("diarizations", metadata, _Diarizations, Index(None, "state"))
keys: Final = Table("keys", metadata, _Keys)
secrets: Final = Table("secrets", metadata, _Secrets)
leases: Final = Table("leases", metadata, _Leases)
