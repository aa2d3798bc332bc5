"""Short-lived keys of OpenAI's Realtime interface, each with the session it was made for.

A program's server asks for one and gives it to a browser, which need not know what the session
is to be like. Until there is authentication they open no door that is not open already.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from vivavoce.dialects.openai_realtime_session import Session

MOST = 1024
"""Keys that are remembered; the oldest is forgotten for the next."""


@dataclass(frozen=True, slots=True)
class Secret:
    value: str
    expires_at: int  # seconds since 1970
    session: Session


class Secrets:
    """`clock` says the seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known: dict[str, Secret] = {}

    def make(self, session: Session, lifetime: int) -> Secret:
        """A new one, good for so many seconds."""
        if len(self._known) == MOST:
            del self._known[next(iter(self._known))]
        value = f"ek_{secrets.token_hex(16)}"
        secret = Secret(value, int(self._clock()) + lifetime, session)
        self._known[value] = secret
        return secret

    def session(self, value: str) -> Session | None:
        """What a key was made for; None for any other key, and for one that is too old."""
        secret = self._known.get(value)
        return None if secret is None or secret.expires_at <= self._clock() else secret.session
