"""What was sent to engines, and what it costs."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from vivavoce.library.usage import by_model
from vivavoce.server.rest.models import DayUse, Error, Usage, Use
from vivavoce.server.services import Owner, Parts

router = APIRouter(
    tags=["server"], responses={422: {"model": Error, "description": "It is not a day."}}
)


@router.get("/usage")
async def usage(
    parts: Parts,
    owner: Owner,
    since: Annotated[date | None, Query(description="The first day that counts, UTC.")] = None,
) -> Usage:
    """Seconds of audio sent to each engine by sessions that have ended, and their cost."""
    found = await parts.repository.usage(owner, since)
    return Usage(
        engines=[Use.of(use, parts.settings) for use in by_model(use for _, use in found)],
        days=[DayUse(day=day, **dict(Use.of(use, parts.settings))) for day, use in found],
    )
