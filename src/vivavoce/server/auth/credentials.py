"""Where clients of each protocol put a key: one pure function that knows every place.

| place | whose |
|---|---|
| `Authorization: Bearer` | most; OpenAI's, Azure's with a token |
| `Authorization: Token` | those of services that say so instead |
| `Authorization: AWS4-HMAC-SHA256 Credential=<key>/...` | AWS: the access key id is the key |
| `api-key` | Azure OpenAI's |
| `x-api-key` | whose `Authorization` is needed for something else |
| `Ocp-Apim-Subscription-Key` | Azure Speech's, in the query too: browsers set no headers |
| `Sec-WebSocket-Protocol: openai-insecure-api-key.<key>` | OpenAI's in a browser |
| `Sec-WebSocket-Protocol: vivavoce.token.<token>` | ours in a browser |
| `?X-Amz-Credential=<key>/...` | AWS's presigned addresses |
| `?token=` | ours where nothing else can be set; tokens alone |
| the cookie `vivavoce_session` | the studio's |
| Socket.IO's `auth`: `token`, `key` or `apiKey` | whose library has a place for it |
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import cookie_parser

Place = Literal["header", "subprotocol", "vendor", "address", "cookie", "message"]
"""`vendor`: in the query, where another service's client puts it; `address`: in `?token=`."""

COOKIE: Final = "vivavoce_session"
SECURE_COOKIE: Final = f"__Secure-{COOKIE}"
"""Over TLS: browsers do not let the plain port of the same machine overwrite what TLS set."""

KEY: Final = "vv_"
"""What a key begins with."""

JWT: Final = "eyJ"
"""What a token begins with."""

EPHEMERAL: Final = "ek_"
"""What a token begins with that is given out as OpenAI's ephemeral keys are."""

SUBPROTOCOLS: Final = ("openai-insecure-api-key.", "vivavoce.token.")

SIGNED: Final = "aws4-hmac-sha256"

HEADERS: Final = (b"api-key", b"x-api-key", b"ocp-apim-subscription-key")

HIDDEN: Final = frozenset(
    ("token", "ocp-apim-subscription-key", "x-amz-credential", "x-amz-security-token")
)
"""Names in a query whose values are for nobody's log."""

LONGEST: Final = 4096
"""Characters; what is longer is nothing of ours."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A key or a token as it came."""

    text: str
    place: Place

    @property
    def is_token(self) -> bool:
        return self.text.removeprefix(EPHEMERAL).startswith(JWT)

    @property
    def ours(self) -> bool:
        """Whether it looks like one."""
        return self.is_token or self.text.startswith(KEY)


def find(
    headers: Iterable[tuple[bytes, bytes]], query: bytes = b"", subprotocols: Sequence[str] = ()
) -> Credential | None:
    """The first that looks like ours, or the first at all; None: there is none.

    Other things come in the same places, as the token of a session over HTTP does.
    """
    found = [
        *_in_headers(headers := list(headers)),
        *_in_subprotocols(subprotocols),
        *_in_query(query),
        *_in_cookies(headers),
    ]
    found = [one for one in found if 0 < len(one.text) <= LONGEST]
    return next((one for one in found if one.ours), found[0] if found else None)


def of_message(message: object) -> Credential | None:
    """What a protocol's first message has, as Socket.IO's `auth` does: a key or a token."""
    if isinstance(message, Mapping):
        for name in ("token", "key", "apiKey"):
            if isinstance(text := message.get(name), str) and 0 < len(text) <= LONGEST:
                return Credential(text, "message")
    return None


def scrubbed(query: bytes) -> bytes:
    """The query without what is secret in it."""
    return b"&".join(map(_hidden, query.split(b"&"))) if b"=" in query else query


def _hidden(part: bytes) -> bytes:
    name, _, _ = part.partition(b"=")
    secret = unquote_plus(name.decode("latin-1")).lower() in HIDDEN
    return name + b"=-" if secret else part


def _in_headers(headers: Sequence[tuple[bytes, bytes]]) -> Iterator[Credential]:
    for name, value in headers:
        if name.lower() == b"authorization" and (text := _authorized(value.decode("latin-1"))):
            yield Credential(text, "header")
    for name, value in headers:
        if name.lower() in HEADERS:
            yield Credential(value.decode("latin-1").strip(), "header")


def _authorized(value: str) -> str:
    """What stands behind the scheme; a text without one is the key itself."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() == SIGNED:
        for part in rest.split(","):
            name, _, scope = part.strip().partition("=")
            if name == "Credential":
                return scope.partition("/")[0]
        return ""
    return rest.strip() if scheme.lower() in ("bearer", "token") else "" if rest else scheme


def _in_subprotocols(subprotocols: Sequence[str]) -> Iterator[Credential]:
    for name in subprotocols:
        for prefix in SUBPROTOCOLS:
            if name.startswith(prefix):
                yield Credential(name.removeprefix(prefix), "subprotocol")


def _in_query(query: bytes) -> Iterator[Credential]:
    if b"=" not in query:
        return
    for name, value in parse_qsl(query.decode("latin-1")):
        match name.lower():
            case "token":
                yield Credential(value, "address")
            case "ocp-apim-subscription-key":
                yield Credential(value, "vendor")
            case "x-amz-credential":
                yield Credential(value.partition("/")[0], "vendor")


def _in_cookies(headers: Sequence[tuple[bytes, bytes]]) -> Iterator[Credential]:
    for name, value in headers:
        if name.lower() == b"cookie":
            cookies = cookie_parser(value.decode("latin-1"))
            if text := cookies.get(SECURE_COOKIE) or cookies.get(COOKIE):
                yield Credential(text, "cookie")
