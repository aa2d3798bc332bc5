"""A running session's folder, copied so that it can be taken up again where the copy was made.

Files are read one after the other while they grow, so the order makes the copy whole: what is
read later covers what was read before. Events speak of audio that is in the journal already, so
they come first, and the audio comes last: what it has beyond the frames is cut, as after a crash.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

from vivavoce.core.errors import DiskError, NotFound
from vivavoce.journal.folder import HEADER, read_header
from vivavoce.journal.reading import ReadOnly

ORDER = (HEADER, "events", "use", "controls", "frames", "audio")
CHUNK = 1 << 20


def kept_sessions(folder: Path) -> Iterator[Path]:
    """The folders of sessions that are to be kept when they end. Raises DiskError."""
    if not folder.is_dir():
        return
    for session in sorted(folder.iterdir()):
        try:
            if read_header(session).kept:
                yield session
        except (NotFound, DiskError):
            continue  # it never began, has ended meanwhile, or is damaged


async def contents(path: Path) -> AsyncIterator[bytes]:
    """A file as far as it had grown when this began. Raises DiskError."""
    with closing(ReadOnly(path)) as file:
        at = 0
        while data := file.read(at, CHUNK):
            at += len(data)
            yield data


def there(session: Path) -> bool:
    """Whether it is there still: it did not end while it was copied."""
    return (session / HEADER).is_file()
