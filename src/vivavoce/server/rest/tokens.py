"""`POST /api/v1/tokens`: what a key gives to a browser, or to a viewer, instead of itself."""

from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from vivavoce.core.errors import Forbidden, NotFound
from vivavoce.library.recording import is_id
from vivavoce.server.auth.principal import Scope
from vivavoce.server.errors import BadParameter
from vivavoce.server.rest.models import Error
from vivavoce.server.services import Parts, Who

LONGEST: Final = 24 * 3600
"""Seconds that a token may live."""

USUAL: Final = 3600
"""Seconds that it lives where nobody says how long."""

READ: Final[list[Scope]] = ["read"]
"""What a token for one recording is for."""


class NewToken(BaseModel):
    model_config = ConfigDict(extra="forbid")

    scopes: list[Scope] | None = Field(
        None, max_length=10, min_length=1, description="what it may; null: all that the key may"
    )
    expires_in: int = Field(USUAL, ge=1, le=LONGEST, description="seconds until it expires")
    recording: str | None = Field(
        None, max_length=40, description="the only recording that it may read; null: all of them"
    )


class Token(BaseModel):
    """A token. It is told this once, and not kept."""

    token: str
    expires_at: datetime = Field(description="UTC")
    scopes: list[Scope]


router = APIRouter(
    tags=["server"],
    responses={
        403: {"model": Error, "description": "It would have a scope that the key has not."},
        404: {"model": Error, "description": "There is no such recording."},
        422: {"model": Error, "description": "A token that cannot be."},
    },
)


@router.post("/tokens", status_code=201)
async def make(new: NewToken, parts: Parts, who: Who) -> Token:
    """A token that acts for the key which this is asked with, and dies with it."""
    scopes = new.scopes or (READ if new.recording else sorted(who.scopes))
    if more := [scope for scope in scopes if scope not in who.scopes]:
        raise Forbidden(f"Your key has not the scope {more[0]}, so its tokens have not.")
    if new.recording is not None:
        if scopes != READ:
            raise BadParameter("A token for one recording has the scope read alone.", "scopes")
        if not is_id(new.recording):
            raise NotFound("There is no such recording.")
        await parts.repository.get(who.id, new.recording)
    token, expires = parts.auth.tokens.make(
        who,
        timedelta(seconds=new.expires_in),
        scopes=frozenset(scopes),
        recording=new.recording,
    )
    return Token(token=token, expires_at=expires, scopes=sorted(set(scopes)))
