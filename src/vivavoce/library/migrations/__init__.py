"""Bring a library's tables up to date."""

from contextlib import closing
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from vivavoce.core.errors import DiskError, SettingError
from vivavoce.library.database import disk_trouble, sync_engine

_HERE: Final = Path(__file__).parent


def upgrade(path: Path) -> None:
    """Make the library file, or bring it to the newest revision.

    Several processes may do this at once: the first takes the database's write lock and
    the others find nothing left to do. Raises `SettingError` when the file cannot be used.
    """
    try:
        with disk_trouble(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _upgrade(path)
    except DiskError as error:
        raise SettingError(f"data_dir: {error.message}") from error


def _upgrade(path: Path) -> None:
    engine = sync_engine(path).execution_options(vivavoce_writes=True)
    try:
        with closing(engine.raw_connection()) as raw:
            # A property of the file, so once is enough; it cannot change in a transaction.
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        with engine.begin() as connection:
            _run(connection, path)
    finally:
        engine.dispose()


def _run(connection: Connection, path: Path, revision: str = "head") -> None:
    config = Config(attributes={"connection": connection})
    # Alembic's settings are those of configparser, to which % is special.
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise SettingError(
            f"data_dir: {path} was written by a newer version of Vivavoce ({error})."
        ) from error
