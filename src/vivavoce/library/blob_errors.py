"""What an object store's errors mean, in words of ours.

Theirs hold whole answers and addresses, in which there may be signatures.
"""

import re
from typing import Final

from obstore.exceptions import NotSupportedError, PermissionDeniedError, UnauthenticatedError

_CODE: Final = re.compile(r"<Code>(\w{1,60})</Code>")
_STATUS: Final = re.compile(r"status (?:code )?(\d{3})\b|Status\((\d{3})")
_SYSTEM: Final = re.compile(r"([\w ,]+) \(os error \d+\)")

_KINDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (UnauthenticatedError, "its credentials are missing or wrong"),
    (PermissionDeniedError, "its credentials do not allow that"),
    (NotSupportedError, "it cannot do that"),
    (FileNotFoundError, "there is no such bucket"),
)
_SIGNS: Final = (
    ("timed out", "it gives no answer"),
    ("timeout", "it gives no answer"),
    ("dns error", "nobody knows its host"),
    ("Missing", "its credentials are missing or wrong"),
    ("onnection closed", "the connection broke"),
    ("IncompleteMessage", "the connection broke"),
    ("error sending request", "it cannot be reached"),
    ("error decoding response body", "the connection broke"),
)


def reason(error: Exception) -> str:
    """Why, as the end of a sentence. Names no address and nothing secret."""
    text = str(error)
    found = [words for kind, words in _KINDS if isinstance(error, kind)]
    found += [match[1].strip() for match in [_SYSTEM.search(text)] if match]
    found += [words for sign, words in _SIGNS if sign in text]
    said = [match[1] for match in [_CODE.search(text)] if match]
    said += [f"status {match[1] or match[2]}" for match in [_STATUS.search(text)] if match]
    what = found[0] if found else "it does not work"
    return f"{what} ({said[0]})" if said else what
