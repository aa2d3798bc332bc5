"""On whose behalf a request is made, and what they may."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import Scope as AsgiScope

from vivavoce.library.keys import SCOPES, Limits, Scope

__all__ = ["LOCAL", "Limits", "Principal", "Scope", "of", "principal"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. What they make belongs to `id`, which several keys may share."""

    id: str
    name: str  # of the key
    scopes: frozenset[Scope]
    key: str | None = None  # the key's id; None: nobody asked for one
    limits: Limits | None = None
    recording: str | None = None  # the only one that may be read; None: every one of theirs
    until: datetime | None = None  # aware; how long they are known; None: as long as the key is
    lasting: bool = False  # what they opened until then goes on after it


LOCAL: Final = Principal("local", "local", frozenset(SCOPES))
"""Everybody, where there are no keys."""


def principal(connection: HTTPConnection) -> Principal:
    """Who asks. The gate has put them there: a request that it did not see has none."""
    return of(connection.scope)


def of(scope: AsgiScope) -> Principal:
    """The same, where there is only a scope. Raises `KeyError` for a request without any."""
    found: Principal = scope["state"]["principal"]
    return found
