"""Short-lived keys of OpenAI's Realtime interface, each with the session it was made for.

A program's server asks for one and gives it to a browser, which need not know what the session
is to be like. All of it is in the key itself, which is signed: so every process of the server
knows it, and none keeps it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec

from vivavoce.dialects.openai_realtime_messages import Refused
from vivavoce.dialects.openai_realtime_session import Session
from vivavoce.server.auth.credentials import EPHEMERAL, LONGEST
from vivavoce.server.auth.principal import Principal
from vivavoce.server.auth.tokens import Tokens

TOO_LONG: Final = (
    "The session is too long to be in a key, which has 4096 characters: send a longer prompt or "
    "list of keywords in a session.update."
)


@dataclass(frozen=True, slots=True)
class Secret:
    value: str
    expires_at: int  # seconds since 1970


def make(tokens: Tokens, principal: Principal, session: Session, lifetime: int) -> Secret:
    """A new one, good for so many seconds; it may nothing but transcribe. Raises `Refused` where
    the session is too long."""
    token, expires = tokens.make(
        principal,
        timedelta(seconds=lifetime),
        scopes=frozenset({"transcribe"}),
        use="connect",
        session=msgspec.to_builtins(session),
    )
    value = f"{EPHEMERAL}{token}"
    if len(value) > LONGEST:
        raise Refused(TOO_LONG, param="session")
    return Secret(value, int(expires.timestamp()))


def session_of(tokens: Tokens, value: str) -> Session | None:
    """What a key was made for; None for any other key, and for one that is too old."""
    found = tokens.session(value) if value.startswith(EPHEMERAL) else None
    return None if found is None else msgspec.convert(found, Session)
