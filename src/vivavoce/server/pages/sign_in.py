"""`/sign-in`: a person shows a key, and their browser is known by a cookie from then on."""

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vivavoce.core.errors import BadCredentials, PeerError, Throttled
from vivavoce.library.keys import Scope
from vivavoce.server.auth import sessions
from vivavoce.server.auth.auth import OFTEN
from vivavoce.server.auth.principal import LOCAL, Principal
from vivavoce.server.auth.scrub import credential
from vivavoce.server.pages.shown import shown
from vivavoce.server.rest.models import ANYWHERE, Error
from vivavoce.server.services import Parts

log = structlog.get_logger()

router = APIRouter(tags=["server"])


class Shown(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: str = Field(max_length=200)


class Session(BaseModel):
    keys: bool = Field(description="whether this server asks for keys")
    name: str | None = Field(description="of the key that is signed in; null: nobody is")
    scopes: list[Scope] = Field(description="what may be done")


@router.get("/session")
async def session(request: Request, response: Response, parts: Parts) -> Session:
    """Who asks, as far as it is known. A browser that is signed in is so for another hour."""
    response.headers["Cache-Control"] = "no-store"
    if parts.settings.auth == "none":
        return Session(keys=False, name=None, scopes=sorted(LOCAL.scopes))
    who: Principal | None = request.scope["state"].get("principal")
    came = credential(request.scope)
    if who is not None and came is not None and came.place == "cookie":
        sessions.begin(response, request, parts.auth.tokens, who)
    return _session(who)


@router.post(
    "/session",
    responses={
        401: {"model": Error, "description": "It is no key of this server."},
        429: {"model": Error, "description": "Too many that were none; Retry-After says when."},
    },
)
async def sign_in(request: Request, response: Response, parts: Parts, wish: Shown) -> Session:
    """Sign a browser in with a key: the answer sets its cookie."""
    response.headers["Cache-Control"] = "no-store"
    if parts.settings.auth == "none":
        raise PeerError("This server asks for no keys: there is nothing to sign in to.")
    attempts = parts.auth.at_page
    address = request.client.host if request.client else None
    if (wait := attempts.wait(address)) > 0:
        raise Throttled(OFTEN, wait)
    try:
        who = await parts.auth.keys.authenticate(wish.key.strip())
    except BadCredentials:
        attempts.failed(address)
        log.warning("sign-in failed", address=address, failures=attempts.failures)
        raise
    attempts.succeeded(address)
    sessions.begin(response, request, parts.auth.tokens, who)
    log.info("signed in", name=who.name, key=who.key)
    return _session(who)


@router.delete("/session", status_code=204)
async def sign_out(request: Request, response: Response) -> None:
    """Sign the browser out: it forgets its cookie."""
    sessions.end(response, request)


def mount(app: FastAPI) -> None:
    app.include_router(router, prefix="/api/v1", responses=ANYWHERE)
    app.add_api_route(sessions.PATH, _page, include_in_schema=False)


async def _page(request: Request) -> Response:
    return shown(request, "sign-in.html", form="'self'")


def _session(who: Principal | None) -> Session:
    """Where there are keys."""
    if who is None:
        return Session(keys=True, name=None, scopes=[])
    return Session(keys=True, name=who.name, scopes=sorted(who.scopes))
