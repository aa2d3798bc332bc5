"""The key by which a server knows who we are."""

import os
from typing import Final

from vivavoce.core.errors import BadCredentials

VARIABLE: Final = "VIVAVOCE_KEY"
"""Where a key is, if no other is named."""


def own_key(key: str | None) -> str | None:
    """This key, or the environment's; None: there is none. Raises `BadCredentials` for what can
    be none."""
    found = (key or os.environ.get(VARIABLE) or "").strip()
    if not (found.isascii() and found.isprintable()) or " " in found:
        raise BadCredentials("The key has characters that no key has; it was not sent.")
    return found or None


def headers(key: str | None) -> dict[str, str]:
    """What shows it to a server."""
    return {"Authorization": f"Bearer {key}"} if key else {}
