"""What an object store's errors mean, in words of ours.

Theirs hold whole answers and addresses, in which there may be signatures.
"""

import re
from collections.abc import Iterator
from typing import Final

from obstore.exceptions import NotSupportedError, PermissionDeniedError, UnauthenticatedError

_CODE: Final = re.compile(r"<Code>(\w{1,60})</Code>")
_STATUS: Final = re.compile(r"\bstatus(?: code)?:? (\d{3})\b", re.IGNORECASE)
_SYSTEM: Final = re.compile(r'Os \{\s+code: \d+,\s+kind: \w+,\s+message: "([\w ,]{1,60})"')

_KINDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (UnauthenticatedError, "its credentials are missing or wrong"),
    (PermissionDeniedError, "its credentials do not allow that"),
    (NotSupportedError, "it cannot do that"),
    (FileNotFoundError, "there is no such bucket"),
)
_SIGNS: Final = (  # a list that fails has no kind of its own
    ("status: 401", "its credentials are missing or wrong"),
    ("status: 403", "its credentials do not allow that"),
    ("status: 404", "there is no such bucket"),
    ("kind: Timeout", "it gives no answer"),
    ("dns error", "nobody knows its host"),
    ("MissingAccount", "no account is named"),
    ("MissingCredentials", "its credentials are missing or wrong"),
    ("kind: Interrupted", "the connection broke"),
    ("kind: Connect", "it cannot be reached"),
)


def reason(error: Exception) -> str:
    """Why, as the end of a sentence. Names no address and nothing secret."""
    text = str(error)
    what = next(_meanings(error, text), "it does not work")
    code = _CODE.search(text)
    status = _STATUS.search(text)
    if code is not None:
        return f"{what} ({code[1]})"
    return f"{what} (status {status[1]})" if status is not None else what


def _meanings(error: Exception, text: str) -> Iterator[str]:
    yield from (words for kind, words in _KINDS if isinstance(error, kind))
    if (said := _SYSTEM.search(text)) is not None:
        yield said[1]
    yield from (words for sign, words in _SIGNS if sign in text)
