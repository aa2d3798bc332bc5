"""Links by which recordings are shared."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "shares",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("recording", sa.String, nullable=False),
        sa.Column("token_sha256", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.Column("audio", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shares"),
        sa.ForeignKeyConstraint(["owner"], ["principals.id"], name="fk_shares_owner_principals"),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recordings.id"],
            name="fk_shares_recording_recordings",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_shares_token_sha256", "shares", ["token_sha256"], unique=True)
    op.create_index("ix_shares_recording", "shares", ["recording"])
