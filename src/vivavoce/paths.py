"""Files that a person named."""

import os
from pathlib import Path

from vivavoce.core.errors import BadAudio, NotFound


def readable(path: str | os.PathLike[str]) -> Path:
    """The path, if there is a file that can be read. Raises `NotFound`, or `BadAudio`."""
    found = Path(path)
    try:
        found.open("rb").close()
    except FileNotFoundError:
        raise NotFound(f"There is no file {found}.") from None
    except IsADirectoryError:
        raise BadAudio(f"{found} is a folder, not a file.") from None
    except OSError as error:
        raise BadAudio(f"{found} cannot be read: {error.strerror}.") from None
    return found
