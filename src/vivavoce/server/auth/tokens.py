"""Short-lived tokens: what a key gives to a browser or a viewer instead of itself.

A token is a JWT that this server signs, so nothing is kept of it. It acts for a key and may no
more than that key may now: when the key is revoked, so are they all.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from vivavoce.core.errors import BadCredentials
from vivavoce.library.keys import Scope
from vivavoce.server.auth.credentials import EPHEMERAL
from vivavoce.server.auth.keys import Keyring
from vivavoce.server.auth.principal import Principal

Use = Literal["api", "page", "connect"]
"""`api`: as a key, and what it opened ends with it. `page`: in the studio's cookie and nowhere
else. `connect`: as OpenAI's ephemeral keys. What these two opened lasts as long as the key."""

NAME: Final = "tokens"
"""Of the secret in the library."""

ALGORITHM: Final = "HS256"

WRONG: Final = "This token is not one of this server's."
EXPIRED: Final = "This token has expired; ask for a new one."


class Tokens:
    def __init__(self, secret: bytes, keys: Keyring) -> None:
        self._secret = OctKey.import_key(secret)
        self._keys = keys

    def make(
        self,
        principal: Principal,
        lifetime: timedelta,
        *,
        scopes: frozenset[Scope] | None = None,
        recording: str | None = None,
        use: Use = "api",
        session: Mapping[str, Any] | None = None,
    ) -> tuple[str, datetime]:
        """A token, and when it expires: with what it is made from at the latest. It may no more
        than the principal may. `session`: what else it is to stand for, as JSON has it."""
        now = datetime.now(UTC)
        expires = now + lifetime
        if principal.until is not None:
            expires = min(expires, principal.until)
        expires = expires.replace(microsecond=0)
        claims: dict[str, Any] = {
            "sub": principal.id,
            "key": principal.key,
            "scope": sorted(principal.scopes if scopes is None else scopes & principal.scopes),
            "use": use,
            "iat": int(now.timestamp()),
            "exp": int(expires.timestamp()),
        }
        if (bound := recording or principal.recording) is not None:
            claims["recording"] = bound
        if session is not None:
            claims["session"] = session
        return jwt.encode({"alg": ALGORITHM}, claims, self._secret), expires

    async def read(self, text: str, *, page: bool = False) -> Principal:
        """For whom it acts. `page`: whether it came in the studio's cookie.

        Raises `BadCredentials`, `DiskError`.
        """
        claims = self._claims(text.removeprefix(EPHEMERAL))
        use, expires = claims["use"], datetime.fromtimestamp(claims["exp"], UTC)
        if (use == "page") != page:
            raise BadCredentials(WRONG)
        if expires <= datetime.now(UTC):
            raise BadCredentials(EXPIRED)
        if claims["key"] is None:  # it is from when there were no keys
            raise BadCredentials(WRONG)
        key = await self._keys.key(claims["key"])
        return Principal(
            id=key.owner,
            name=key.name,
            scopes=frozenset(key.scopes) & frozenset(claims["scope"]),
            key=key.id,
            limits=key.limits,
            recording=claims.get("recording"),
            until=expires,
            lasting=use != "api",
        )

    def session(self, text: str) -> dict[str, Any] | None:
        """What a token stands for, as `make` was told; None: nothing, or it is not good."""
        try:
            claims = self._claims(text.removeprefix(EPHEMERAL))
        except BadCredentials:
            return None
        found: dict[str, Any] | None = claims.get("session")
        return found if claims["exp"] > datetime.now(UTC).timestamp() else None

    def _claims(self, text: str) -> dict[str, Any]:
        """What was signed here is as it was made."""
        try:
            return jwt.decode(text, self._secret, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            raise BadCredentials(WRONG) from None
