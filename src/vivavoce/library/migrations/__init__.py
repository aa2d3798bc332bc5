"""Bring a library's tables up to date."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from vivavoce.core.errors import DiskError, SettingError
from vivavoce.library.database import Database, trouble

_HERE: Final = Path(__file__).parent


def revisions() -> frozenset[str]:
    """All that are known here."""
    script = ScriptDirectory(str(_HERE))
    return frozenset(revision.revision for revision in script.walk_revisions())


async def upgrade(database: Database, revision: str = "head") -> None:
    """Make a library's tables, or bring them to the newest revision.

    Several processes may do this at once: the first takes a lock and the others find nothing
    left to do. Raises `SettingError` when the database cannot be used.
    """
    try:
        with trouble(database):
            await database.prepare()
            every, writer = database.engines()
            try:
                async with writer.begin() as db:
                    await database.alone(db, "schema")
                    await db.run_sync(_run, database, revision)
            finally:
                await every.dispose()
    except DiskError as error:
        raise SettingError(f"{database.setting}: {error.message}") from error


def _run(connection: Connection, database: Database, revision: str) -> None:
    config = Config(attributes={"connection": connection})
    # Alembic's settings are those of configparser, to which % is special.
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise SettingError(
            f"{database.setting}: {database.where} was written by a newer version of Vivavoce "
            f"({error})."
        ) from error
