"""Questions about a recording, answered with where it was said."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
from fastapi import APIRouter, Request

from vivavoce.insight.summariser import Told
from vivavoce.insight.writing import Delta
from vivavoce.server.rest.insight_models import Answer, NewQuestion
from vivavoce.server.rest.summaries import MADE, Stream
from vivavoce.server.rest.told import Step, last, streamed
from vivavoce.server.services import Found, Owner, Parts

router = APIRouter(tags=["summaries"])


@router.post("/recordings/{id}/questions", response_model=Answer, responses=MADE)
async def ask(
    recording: Found,
    new: NewQuestion,
    parts: Parts,
    owner: Owner,
    request: Request,
    stream: Stream = True,
) -> Any:
    """Ask about what was said so far. Events: `delta` {text}, then `answer`, or `error`."""
    steps = await parts.summariser.ask(owner, recording.id, new.question)
    if stream:
        return streamed(_steps(steps))
    made = await last(request, steps)
    assert isinstance(made, Told)
    return Answer.of(made)


async def _steps(steps: AsyncGenerator[Delta | Told]) -> AsyncGenerator[Step]:
    async with aclosing(steps):
        async for step in steps:
            if isinstance(step, Told):
                yield Step("answer", Answer.of(step))
            else:
                yield Step("delta", msgspec.structs.asdict(step))
