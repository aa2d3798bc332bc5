"""Alembic runs this on the connection that `upgrade` gave it."""

from alembic import context

from vivavoce.library.schema import metadata

# `upgrade` has begun the transaction, in which both databases can change their tables as well.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
