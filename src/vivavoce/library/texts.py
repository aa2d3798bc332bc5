"""Transcripts as text objects named after their time, for programs that look for such.

They lie in a folder of their own among the blobs, so a name is taken by one recording only;
the recording's folder says which one is its, so that it is deleted with it.
"""

from datetime import datetime
from itertools import count

from vivavoce.core.errors import NotFound
from vivavoce.library.blobs import Blobs
from vivavoce.library.recording import folder


def text_key(name: str) -> str:
    """The blob of a name that `save_text` gave."""
    return f"transcripts/{name}"


async def save_text(blobs: Blobs, recording: str, text: str, at: datetime) -> str:
    """Keep a recording's text; its name: `YYYYMMDD_HHMMSS.txt`, with `_2`, `_3` ... before the
    dot where another has that second. Raises `DiskError`."""
    for n in count(1):
        name = f"{at:%Y%m%d_%H%M%S}{f'_{n}' if n > 1 else ''}.txt"
        if await blobs.create(text_key(name), text.encode()):
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
    await blobs.remove(text_key(name))


def _note(recording: str) -> str:
    return f"{folder(recording)}text"
