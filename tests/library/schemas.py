"""Libraries as earlier versions left them, as SQL.

`tests/data/schemas/v0001.sql` and so on were each made by the code of that version. When a new
revision of the schema is released, add one more:

    python -m tests.library.schemas DATA_DIR/library.db > tests/data/schemas/v0011.sql
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "schemas"


def known() -> list[Path]:
    """Every one of them, the oldest first."""
    return sorted(FOLDER.glob("v*.sql"))


def load(dump: Path, library: Path) -> None:
    """Make a library what it was."""
    library.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(library)) as db:
        db.executescript(dump.read_text(encoding="utf-8"))


def dump(library: Path) -> Iterator[str]:
    """A library as SQL. Triggers come before the rows, and so fill the index of the search."""
    with closing(sqlite3.connect(library)) as db:
        made = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
        objects = [(k, n, s) for k, n, s in db.execute(made) if not n.startswith("search_")]
        yield "BEGIN;"
        for kind in ("table", "index", "trigger"):
            yield from (f"{sql};" for made, _, sql in objects if made == kind)
        for kind, name, _ in objects:
            if kind == "table" and name != "search":
                columns = [row[1] for row in db.execute(f'PRAGMA table_info("{name}")')]
                quoted = ", ".join(f'quote("{column}")' for column in columns)
                for row in db.execute(f'SELECT {quoted} FROM "{name}"'):
                    yield f'INSERT INTO "{name}" VALUES ({", ".join(row)});'
        yield "COMMIT;"


if __name__ == "__main__":
    sys.stdout.write("\n".join(dump(Path(sys.argv[1]))) + "\n")
