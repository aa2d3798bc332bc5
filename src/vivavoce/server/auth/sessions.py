"""The studio's cookie: what a browser has in the place of a key after somebody signed in.

It holds a token of an hour (`tokens.py`), which is renewed while the page is used, and which is
worth nothing when its key is revoked. Scripts cannot read it, and other sites' pages cannot ride
on it: it is not sent with what they ask (`SameSite`), and does not count where a page of another
origin asks, though on the same host, where browsers would send it.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from vivavoce.server.auth.credentials import COOKIE, SECURE_COOKIE
from vivavoce.server.auth.principal import Principal
from vivavoce.server.auth.tokens import Tokens
from vivavoce.server.browsers.origins import SAFE, own
from vivavoce.server.browsers.policy import is_secure

PATH: Final = "/sign-in"

LASTS: Final = timedelta(hours=1)
"""Without a sign of life from the page."""


def begin(response: Response, connection: HTTPConnection, tokens: Tokens, who: Principal) -> None:
    """Let the browser be known from now on, for an hour."""
    # What it is made from may be such a token itself, which does not bound the next one.
    token, _ = tokens.make(replace(who, until=None), LASTS, use="page")
    _set(response, connection, token, int(LASTS.total_seconds()))


def end(response: Response, connection: HTTPConnection) -> None:
    """Let the browser forget it."""
    _set(response, connection, "", 0)


def counts(scope: Scope) -> bool:
    """Whether the cookie that came is one that our own page sent, as far as it matters: who only
    reads is answered to our own pages alone, whoever asked."""
    connection = HTTPConnection(scope)
    origin = connection.headers.get("origin")
    if origin is None:  # no browser leaves it out of anything but what is safe
        return scope["type"] == "http" and scope["method"] in SAFE
    return own(origin, connection.headers.get("host"), secure=is_secure(connection))


def _set(response: Response, connection: HTTPConnection, text: str, seconds: int) -> None:
    secure = is_secure(connection)
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        text,
        max_age=seconds,
        path=f"{connection.scope.get('root_path', '')}/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def wants_page(connection: HTTPConnection) -> bool:
    """Whether a person waits for a page, and not a program for an answer."""
    mode = connection.headers.get("sec-fetch-mode", "navigate")
    return (
        connection.scope["type"] == "http"
        and connection.scope["method"] == "GET"
        and mode == "navigate"
        and "text/html" in connection.headers.get("accept", "")
    )


def redirect(connection: HTTPConnection) -> Response:
    """To the page that signs in, and from there back to what was asked for."""
    root = connection.scope.get("root_path", "")
    query = connection.url.query
    asked = connection.url.path.removeprefix(root).lstrip("/") + (f"?{query}" if query else "")
    to = f"?to={quote(asked, safe='')}" if asked else ""
    return RedirectResponse(f"{root}{PATH}{to}", 303, {"Cache-Control": "no-store"})
