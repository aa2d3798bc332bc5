"""Summaries of a recording, and the templates for them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Query, Request

from vivavoce.insight.summariser import Kept
from vivavoce.insight.writing import Delta, Progress
from vivavoce.library.retention import check_text
from vivavoce.server.rest.insight_models import (
    NewSummary,
    NewTemplate,
    Summaries,
    Summary,
    Template,
    TemplateName,
    Templates,
)
from vivavoce.server.rest.models import Error
from vivavoce.server.rest.told import Step, last, streamed
from vivavoce.server.services import Found, Owner, Parts

router = APIRouter(
    tags=["summaries"],
    responses={422: {"model": Error, "description": "A field that cannot be."}},
)

Name = Annotated[TemplateName, Path(description="Small letters, digits and hyphens.")]
Id = Annotated[str, Path(description="The summary.")]
Stream = Annotated[
    bool, Query(description="Server-sent events as it is written; else one answer in JSON.")
]

MADE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {}}, "description": "Its steps, then the whole."},
    404: {"model": Error, "description": "There is no such recording or template."},
    409: {"model": Error, "description": "There is nothing to make it of, or no room for it."},
    501: {"model": Error, "description": "It needs an extra; the sentence says which."},
    502: {"model": Error, "description": "The language model gave no answer, or half of one."},
}


@router.get("/templates")
async def templates(parts: Parts, owner: Owner) -> Templates:
    """What summaries can be like."""
    found = await parts.summariser.templates(owner)
    return Templates(items=[Template.of(template) for template in found])


@router.put("/templates/{name}", responses={409: {"model": Error}})
async def put_template(name: Name, new: NewTemplate, parts: Parts, owner: Owner) -> Template:
    """Make a template, or change one."""
    made = await parts.summariser.put_template(owner, name, new.title, new.prompt)
    return Template.of(made)


@router.delete("/templates/{name}", status_code=204, responses={404: {"model": Error}})
async def delete_template(name: Name, parts: Parts, owner: Owner) -> None:
    """Delete a template; make a built-in one as it came."""
    await parts.summariser.delete_template(owner, name)


@router.post("/recordings/{id}/summaries", response_model=Summary, responses=MADE)
async def summarise(
    recording: Found,
    new: NewSummary,
    parts: Parts,
    owner: Owner,
    request: Request,
    stream: Stream = True,
) -> Any:
    """Summarise what was said so far; a live recording, too.

    Events: `progress` {done, total} where it is read in parts, `delta` {text} as it is written,
    then `summary`, or `error`.
    """
    check_text(recording)
    steps = await parts.summariser.summarise(
        owner, recording.id, new.template, new.language, extracted=new.extract
    )
    if stream:
        return streamed(_steps(steps))
    made = await last(request, steps)
    assert isinstance(made, Kept)
    return Summary.of(made)


@router.get("/recordings/{id}/summaries", responses={404: {"model": Error}})
async def summaries(recording: Found, parts: Parts, owner: Owner) -> Summaries:
    """The summaries that were made, newest first."""
    found = await parts.summariser.of(owner, recording.id)
    return Summaries(items=[Summary.of(kept) for kept in found])


@router.delete(
    "/recordings/{id}/summaries/{sid}", status_code=204, responses={404: {"model": Error}}
)
async def delete_summary(recording: Found, sid: Id, parts: Parts, owner: Owner) -> None:
    """Delete a summary."""
    await parts.summariser.delete(owner, recording.id, sid)


async def _steps(steps: AsyncGenerator[Progress | Delta | Kept]) -> AsyncGenerator[Step]:
    async with aclosing(steps):
        async for step in steps:
            match step:
                case Kept():
                    yield Step("summary", Summary.of(step))
                case Delta():
                    yield Step("delta", msgspec.structs.asdict(step))
                case Progress():
                    yield Step("progress", msgspec.structs.asdict(step))
