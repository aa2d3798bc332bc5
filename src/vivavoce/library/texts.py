"""Transcripts as text objects named after their time, for programs that look for such.

They lie on top of all blobs, where those programs look for them. A name is taken by one recording
only; the recording's folder says which one is its, so that it is deleted with it.
"""

from datetime import datetime
from itertools import count
from typing import Final

from vivavoce.core.errors import NotFound
from vivavoce.library.blobs import Blobs
from vivavoce.library.recording import folder

BEFORE: Final = "transcripts/"
"""The folder in which they lay in earlier versions."""


async def save_text(blobs: Blobs, recording: str, text: str, at: datetime) -> str:
    """Keep a recording's text under a key: `YYYYMMDD_HHMMSS.txt`, with `_2`, `_3` ... before the
    dot where another has that second. Raises `DiskError`."""
    for n in count(1):
        name = f"{at:%Y%m%d_%H%M%S}{f'_{n}' if n > 1 else ''}.txt"
        if await blobs.create(name, text.encode()):
            break
    await blobs.create(_note(recording), name.encode())
    return name


async def forget_text(blobs: Blobs, recording: str) -> None:
    """Delete the text that was kept of a recording, if one was. Raises `DiskError`."""
    try:
        size = await blobs.size(_note(recording))
    except NotFound:
        return
    name = b"".join([part async for part in blobs.stream(_note(recording), 0, size)]).decode()
    for key in (name, f"{BEFORE}{name}"):
        await blobs.remove(key)


def _note(recording: str) -> str:
    return f"{folder(recording)}text"
