"""Names that come from clients and names that go to them; none ever becomes a path here."""

import mimetypes
import re
from typing import Final
from urllib.parse import quote

from vivavoce.core.titles import title_from

UNKNOWN: Final = "application/octet-stream"
_PLAYABLE: Final = re.compile(r"(audio|video)/[a-z0-9][a-z0-9.+-]{0,99}|application/ogg")
_EXTENSIONS: Final = {
    "audio/wav": ".wav",
    "audio/webm": ".webm",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "application/ogg": ".ogg",
}


def title_of_file(name: str | None) -> str | None:
    """A title from a client's file name: what comes after its last slash of either kind."""
    return title_from(re.split(r"[/\\]", name or "")[-1])


def media_type(declared: str | None, name: str | None = None) -> str:
    """What a client says its bytes are, or their name does, if that is sound or film.

    Nothing else may be kept as a type: a browser would run a page sent as text/html.
    """
    for kind in (declared, mimetypes.guess_type(name or "")[0]):
        plain = (kind or "").partition(";")[0].strip().lower()
        if _PLAYABLE.fullmatch(plain):
            return plain
    return UNKNOWN


def extension(media: str) -> str:
    """The usual end of a file's name, with its dot; empty for an unknown type."""
    return _EXTENSIONS.get(media) or mimetypes.guess_extension(media) or ""


def file_name(title: str, end: str) -> str:
    """What a file of this title may be called anywhere, ending in `end`."""
    stem = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "_", title).strip(" .") or "recording"
    return stem if end and stem.lower().endswith(end) else stem + end


def attachment(title: str, end: str) -> str:
    """A Content-Disposition that saves under `title` (RFC 6266), ending in `end`."""
    name = file_name(title, end)
    plain = re.sub(r"[^\x20-\x7e]|%", "_", name)  # for clients that know no filename*
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
