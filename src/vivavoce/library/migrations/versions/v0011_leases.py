"""Which server has which live session."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("session", sa.String, nullable=False),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("volume", sa.String, nullable=False),
        sa.Column("header", sa.String, nullable=False),
        sa.Column("until", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("session", name="pk_leases"),
    )
