"""Summaries of recordings, and people's templates for them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "summaries",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("recording", sa.String, nullable=False),
        sa.Column("template", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("language", sa.String, nullable=True),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("extract", sa.Boolean, nullable=False),
        sa.Column("revision", sa.String, nullable=False),
        sa.Column("answer", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_summaries"),
        sa.ForeignKeyConstraint(["owner"], ["principals.id"], name="fk_summaries_owner_principals"),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recordings.id"],
            name="fk_summaries_recording_recordings",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_summaries_recording", "summaries", ["recording"])
    op.create_table(
        "templates",
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("prompt", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name="pk_templates"),
    )
