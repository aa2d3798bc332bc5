"""Principals, recordings, their events and their transcripts."""

import sqlalchemy as sa
from alembic import op

from vivavoce.library.schema import Long

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "principals",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_principals"),
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("duration", sa.Double, nullable=False),
        sa.Column("language", sa.String),
        sa.Column("engine", sa.String),
        sa.Column("model", sa.String),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("bytes", Long, nullable=False),
        sa.Column("preview", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
        sa.ForeignKeyConstraint(
            ["owner"], ["principals.id"], name="fk_recordings_owner_principals"
        ),
        sa.CheckConstraint(
            "state IN ('live', 'transcribing', 'done', 'failed')",
            name=op.f("ck_recordings_state"),
        ),
    )
    op.create_index(
        "ix_recordings_owner_created_at_id", "recordings", ["owner", "created_at", "id"]
    )
    op.create_index("ix_recordings_state", "recordings", ["state"])
    op.create_table(
        "events",
        sa.Column("recording", sa.String, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("recording", "n", name="pk_events"),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recordings.id"],
            name="fk_events_recording_recordings",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["owner"], ["principals.id"], name="fk_events_owner_principals"),
    )
    op.create_table(
        "transcripts",
        sa.Column("recording", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("transcript", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("recording", name="pk_transcripts"),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recordings.id"],
            name="fk_transcripts_recording_recordings",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner"], ["principals.id"], name="fk_transcripts_owner_principals"
        ),
    )
