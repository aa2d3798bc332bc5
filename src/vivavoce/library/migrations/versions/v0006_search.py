"""What makes a library searched and sorted: passages with their index, tags, the bin, and what
the list says of how a recording came and who speaks in it."""

import msgspec
import sqlalchemy as sa
from alembic import op

from vivavoce.core.transcript import Transcript
from vivavoce.library.recording import gist
from vivavoce.library.schema import SEARCH, Long
from vivavoce.library.search import entries, words_of

revision = "0006"
down_revision = "0005"

_decode = msgspec.json.Decoder(Transcript).decode


def upgrade() -> None:
    recordings = "recordings"
    op.add_column(recordings, sa.Column("mode", sa.String, nullable=False, server_default="live"))
    op.add_column(
        recordings, sa.Column("diarization", sa.Boolean, nullable=False, server_default="0")
    )
    op.add_column(recordings, sa.Column("speakers", sa.String, nullable=False, server_default="[]"))
    op.add_column(recordings, sa.Column("words", sa.Integer, nullable=False, server_default="0"))
    op.add_column(recordings, sa.Column("deleted_at", sa.DateTime))
    op.create_table(
        "tags",
        sa.Column("recording", sa.String, nullable=False),
        sa.Column("tag", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("recording", "tag", name="pk_tags"),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recordings.id"],
            name="fk_tags_recording_recordings",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["owner"], ["principals.id"], name="fk_tags_owner_principals"),
    )
    op.create_index("ix_tags_owner_tag", "tags", ["owner", "tag"])
    op.create_table(
        "passages",
        sa.Column("id", Long, nullable=False, autoincrement=False),
        sa.Column("recording", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("utterance", sa.String, nullable=False),
        sa.Column("start", Long, nullable=False),
        sa.Column("end", Long, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("terms", sa.String, nullable=False),
        sa.Column("starts", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_passages"),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recordings.id"],
            name="fk_passages_recording_recordings",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["owner"], ["principals.id"], name="fk_passages_owner_principals"),
    )
    op.create_index("ix_passages_recording", "passages", ["recording"])
    for statement in SEARCH[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
    _fill()


def _fill() -> None:
    """From what is there. Only the form of its audio tells whether an old recording was a file."""
    db = op.get_bind()
    began = sa.text("SELECT recording, event FROM events WHERE n = 1")
    for recording, event in db.execute(began).all():
        if msgspec.json.decode(event).get("format", {}).get("encoding") == "container":
            upload = sa.text("UPDATE recordings SET mode = 'upload' WHERE id = :recording")
            db.execute(upload, {"recording": recording})
    names = "id", "recording", "owner", "utterance", "start", "end", "text", "terms", "starts"
    passages = sa.table("passages", *(sa.column(name) for name in names))
    columns = "id", "words", "speakers", "diarization"
    recordings = sa.table("recordings", *(sa.column(name) for name in columns))
    kept = sa.text("SELECT id, owner FROM recordings ORDER BY created_at, id")
    query = sa.text("SELECT transcript FROM transcripts WHERE recording = :id")
    for block, (id, owner) in enumerate(db.execute(kept).all(), 1):
        for (transcript,) in db.execute(query, {"id": id}).all():
            folded = _decode(transcript)
            belongs = {"recording": id, "owner": owner}
            rows = [belongs | row | words_of(row) for row in entries(folded, block).values()]
            if rows:
                db.execute(passages.insert(), rows)
            found = gist(folded)
            who = msgspec.json.encode(found.speakers).decode()
            values = {"words": found.words, "speakers": who, "diarization": bool(found.speakers)}
            db.execute(recordings.update().where(recordings.c.id == id).values(values))
