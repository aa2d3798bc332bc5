"""Which pages may make a visitor's browser do something here.

A browser lets any page open a WebSocket to anywhere and send forms to anywhere, with the cookies
of there, and says in `Origin` which page it was. One rule for all that is asked: nobody (a
program), a page of this server, or one of those that the setting `origins` names.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

ANY: Final = "*"

SAFE: Final = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing. What they answer, pages of other sites cannot read."""

_USUAL: Final = {"http": ":80", "https": ":443"}


class Origins:
    """`names`: origins of other sites' pages, `https://app.example.org`; `*`: any."""

    def __init__(self, names: Sequence[str] | None = None) -> None:
        self.names = tuple(name.rstrip("/") for name in names or ())

    def allow(self, origin: str | None, host: str | None, *, secure: bool = False) -> bool:
        """`host`: the `Host` header of what was asked; `secure`: whether it came by TLS."""
        return origin is None or self.names_it(origin) or own(origin, host, secure=secure)

    def names_it(self, origin: str) -> bool:
        return ANY in self.names or origin in self.names


def own(origin: str, host: str | None, *, secure: bool = False) -> bool:
    """Whether it is a page of the server that was asked. Behind a proxy that ends TLS the
    page's scheme is not ours, so only what was asked over TLS asks for the scheme as well."""
    try:
        scheme, netloc, *_ = urlsplit(origin)
    except ValueError:  # a bracket that is not closed
        return False
    if scheme not in _USUAL or not netloc or host is None or (secure and scheme != "https"):
        return False
    usual = _USUAL[scheme]
    return netloc.lower().removesuffix(usual) == host.lower().removesuffix(usual)
