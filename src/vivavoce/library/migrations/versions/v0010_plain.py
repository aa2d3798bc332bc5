"""Titles and tags as they are compared, so that no database has to know how."""

import sqlalchemy as sa
from alembic import op

from vivavoce.library.terms import plain

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    _add("recordings", "title", "plain_title")
    _add("tags", "tag", "plain")


def _add(name: str, source: str, target: str) -> None:
    op.add_column(name, sa.Column(target, sa.String, nullable=False, server_default=""))
    table = sa.table(name, sa.column(source), sa.column(target))
    db = op.get_bind()
    for (text,) in db.execute(sa.select(table.c[source]).distinct()).all():
        same = table.update().where(table.c[source] == text)
        db.execute(same.values({target: plain(text)}))
