"""`/connect`: how programs are connected, and whether their audio arrives."""

import time

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from vivavoce.server.pages.shown import shown
from vivavoce.server.services import Parts

router = APIRouter(tags=["server"])


class Heard(BaseModel):
    """All times are this server's, in seconds of the Unix epoch."""

    now: float
    wyoming_port: int | None = Field(description="Where Wyoming is served; null: nowhere.")
    keys: bool = Field(description="Whether this server asks for keys.")
    heard: dict[str, float] = Field(
        description="When a session's first audio last came, by protocol."
    )


@router.get("/heard")
async def heard(parts: Parts) -> Heard:
    """Which protocols audio came by, in this server process since it started."""
    return Heard(
        now=time.time(),
        wyoming_port=parts.settings.wyoming_port,
        keys=parts.settings.auth == "keys",
        heard=dict(parts.hub.heard.last),
    )


def mount(app: FastAPI) -> None:
    app.include_router(router, prefix="/api/v1")
    app.add_api_route("/connect", _page, include_in_schema=False)


async def _page(request: Request) -> Response:
    return shown(request, "connect.html")
