"""What was sent to engines: of each recording, and in all."""

import sqlalchemy as sa
from alembic import op

from vivavoce.library.schema import Long

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "uses",
        sa.Column("recording", sa.String, nullable=False),
        sa.Column("engine", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("samples", Long, nullable=False),
        sa.PrimaryKeyConstraint("recording", "engine", "model", name="pk_uses"),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recordings.id"],
            name="fk_uses_recording_recordings",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["owner"], ["principals.id"], name="fk_uses_owner_principals"),
    )
    op.create_table(
        "totals",
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("engine", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("samples", Long, nullable=False),
        sa.PrimaryKeyConstraint("owner", "day", "engine", "model", name="pk_totals"),
        sa.ForeignKeyConstraint(["owner"], ["principals.id"], name="fk_totals_owner_principals"),
    )
