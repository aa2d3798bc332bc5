"""What browsers are told that answers of this server may do: as little as they can do with.

Every answer has `headers`. An answer that is a page says beside that what it loads, by `page`;
nothing else may load anything, or stand in another site's frame.
"""

from typing import Final

from starlette.requests import HTTPConnection

from vivavoce.server.browsers.hosts import is_loopback, name_of

CSP: Final = "Content-Security-Policy"

NOTHING: Final = "default-src 'none'; frame-ancestors 'none'"
"""Of answers that are no page. What is opened by itself in a browser is shown all the same."""

PLAIN: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(self), "
    "payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}

OPENER: Final = {"Cross-Origin-Opener-Policy": "same-origin"}
"""Browsers complain of it where a page is neither on this machine nor on TLS."""

STRICT: Final = {"Strict-Transport-Security": "max-age=31536000"}
"""For the name as a whole: a browser that has heard it asks for no port of it without TLS."""


def headers(connection: HTTPConnection) -> dict[str, str]:
    """What every answer is sent with, unless it says otherwise itself."""
    host = connection.headers.get("host", "")
    name = name_of(host) or ""
    secure = is_secure(connection)
    found = {CSP: NOTHING, **PLAIN}
    if secure or is_loopback(name):
        found |= OPENER
    # With a port in it there is a plain one beside it, which nobody could use any more.
    if secure and ":" not in host and not is_loopback(name):
        found |= STRICT
    return found


def page(
    connection: HTTPConnection, *, base: str = "'none'", form: str = "'none'", frame: str = "'none'"
) -> dict[str, str]:
    """The headers of a page of ours: scripts, styles, pictures and sound from here, words by
    WebSocket to here, no script or style within the page. `base`, `form`, `frame`: where its
    `<base>` may lead, its forms may go, and in whose frames it may stand."""
    host = connection.headers.get("host", "")
    lines = f"ws://{host} wss://{host}" if name_of(host) else ""
    rules = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self' blob:",
        f"connect-src 'self' {lines}".rstrip(),  # Safari before 15.4: 'self' is no WebSocket
        f"base-uri {base}",
        f"form-action {form}",
        f"frame-ancestors {frame}",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
    return {CSP: "; ".join(rules)}


def is_secure(connection: HTTPConnection) -> bool:
    """Whether it came by TLS."""
    return connection.scope.get("scheme") in ("https", "wss")
