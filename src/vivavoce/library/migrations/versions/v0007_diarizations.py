"""Recordings in which speakers are to be told apart."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "diarizations",
        sa.Column("recording", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("speakers", sa.Integer, nullable=True),
        sa.Column("asked", sa.Boolean, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("progress", sa.Double, nullable=False),
        sa.Column("seconds_left", sa.Double, nullable=True),
        sa.Column("message", sa.String, nullable=True),
        sa.PrimaryKeyConstraint("recording", name="pk_diarizations"),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recordings.id"],
            name="fk_diarizations_recording_recordings",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner"], ["principals.id"], name="fk_diarizations_owner_principals"
        ),
    )
    op.create_index("ix_diarizations_state", "diarizations", ["state"])
