"""How long recordings keep their audio and their text, and when they lost them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    keep = sa.Column("keep", sa.Boolean, nullable=False, server_default="0")
    op.add_column("recordings", keep)
    for name in ("audio_until", "text_until", "audio_gone_at", "text_gone_at"):
        op.add_column("recordings", sa.Column(name, sa.DateTime, nullable=True))
