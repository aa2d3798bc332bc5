"""What logs, metrics and traces call things, and what none of them may tell."""

import re
import secrets
from typing import Final

PREFIX: Final = "vivavoce_"
"""Of every metric."""

KEYS: Final = re.compile(
    r"([?&](?:ocp-apim-subscription-key|authorization|api[-_]?key|key|jwt|token|access_token"
    r"|x-amz-(?:credential|signature|security-token))=)[^&\s\"]*",
    re.IGNORECASE,
)
"""Where clients that cannot set headers put their keys: in the address."""

LINKS: Final = re.compile(r"(/(?:s|captions|api/v1/shared)/)[^/?\s]+")
"""Where the token of a shared link is: whoever knows it may read."""

OWN_KEYS: Final = re.compile(r"\b(vv_[A-Za-z0-9-]+_)[A-Za-z0-9_-]+")
"""A key of ours, wherever it stands; its first half may be told, and says whose it is."""

TOKENS: Final = re.compile(r"(?<![A-Za-z0-9])(?:ek_)?eyJ[\w-]{8,}[\w.-]*")
"""A token of ours, or what there is of one: they are JWTs."""

ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
"""A request's id as others may give it: what has anything else in it is not taken."""


def bare(text: str) -> str:
    """All but the keys and the links' tokens."""
    text = LINKS.sub(r"\1...", KEYS.sub(r"\1...", text))
    text = TOKENS.sub("...", text) if "eyJ" in text else text
    return OWN_KEYS.sub(r"\1...", text) if "vv_" in text else text


def request_id(given: str | None) -> str:
    """What a client or a proxy calls its request, or a name of our own."""
    if given is not None and ID.fullmatch(given):
        return given
    return secrets.token_hex(8)
