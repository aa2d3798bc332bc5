"""Where a server is: one base address, and what is reached under it."""

from urllib.parse import parse_qs, urlsplit, urlunsplit

from vivavoce.core.errors import BadMessage

_HTTP = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


def http_url(url: str, path: str = "") -> str:
    """`path` on the server at `url`, which may lack its scheme. Raises `BadMessage`."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in _HTTP or not parts.hostname:
        raise BadMessage(f"{url!r} is not a server's address; one looks like http://host:8000.")
    base = parts.path.rstrip("/")
    return urlunsplit((_HTTP[parts.scheme], parts.netloc, base + path, "", ""))


def live_url(url: str) -> str:
    """The WebSocket for live audio on the server at `url`. Raises `BadMessage`."""
    return "ws" + http_url(url, "/api/v1/live").removeprefix("http")


def realtime_url(url: str) -> str:
    """The WebSocket for OpenAI's Realtime transcription on the server at `url`: its address,
    the base URL that OpenAI's clients are given, or the WebSocket's own. A query is kept.

    Raises `BadMessage`.
    """
    base = http_url(url)
    query = urlsplit(url).query
    if not {"intent", "model", "deployment"} & parse_qs(query).keys():
        query = "&".join(filter(None, (query, "intent=transcription")))
    if not base.endswith("/realtime"):
        base += "/realtime" if base.endswith("/v1") else "/v1/realtime"
    return f"ws{base.removeprefix('http')}?{query}"
