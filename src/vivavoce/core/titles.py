"""What a recording is called, whoever says so."""

import unicodedata
from typing import Final

LONGEST: Final = 200
"""Characters of a title."""


def title_from(text: str | None) -> str | None:
    """A title without control characters, of one line and bounded; None when nothing is left."""
    spaced = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text or "")
    return " ".join(spaced.split())[:LONGEST].strip() or None
