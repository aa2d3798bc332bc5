"""Byte ranges of HTTP, as far as players use them: one at a time."""

import re
from typing import Final

_ONE: Final = re.compile(r"bytes=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*")


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """The bytes from `start` up to, not including, `end` that a Range header asks for.

    None: send everything, because there is no header, or one that may be ignored (another
    unit, several ranges, nonsense). Raises `ValueError` when it asks for bytes after the end.
    """
    match = _ONE.fullmatch(header or "")
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start = int(first)
        end = min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None  # malformed, says RFC 9110, so it is ignored
    if start >= size:
        raise ValueError(f"bytes {start} to {end} of {size}")
    return start, end
