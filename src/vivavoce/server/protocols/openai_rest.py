"""OpenAI's REST interface for speech: files in, text out, in their shapes and under their paths.

A program that asks for one text does not expect that it is kept, so nothing is: no recording,
no audio, no events. Whoever wants that sends the file to `/api/v1/recordings`.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import structlog
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from vivavoce import plugins
from vivavoce.core.errors import VivavoceError
from vivavoce.server.allowed import Most
from vivavoce.server.bodies.forms import receive
from vivavoce.server.bodies.one_off import OneOff, while_there
from vivavoce.server.errors import BadParameter
from vivavoce.server.protocols import openai_answers, openai_request
from vivavoce.server.protocols.openai_errors import UnknownModel, detail
from vivavoce.server.protocols.openai_request import Task
from vivavoce.server.services import Allowed, Owner, Parts, Services

router = APIRouter(prefix="/v1", include_in_schema=False)

log = structlog.get_logger()


@router.post("/audio/transcriptions")
async def transcriptions(request: Request, parts: Parts, owner: Owner, most: Allowed) -> Response:
    """The text of a file, whole or as it is found."""
    return await _answer(request, parts, owner, most, "transcribe")


@router.post("/audio/translations")
async def translations(request: Request, parts: Parts, owner: Owner, most: Allowed) -> Response:
    """The text of a file in English, where an engine translates."""
    return await _answer(request, parts, owner, most, "translate")


async def _answer(
    request: Request, parts: Services, owner: str, most: Most, task: Task
) -> Response:
    engines = await asyncio.to_thread(_engines, parts)
    form = await receive(request, most.upload_mb, parts.settings.data_dir)
    try:
        asked = openai_request.read(form, engines, task)
        if form.upload is None:
            raise BadParameter("The form has no file.", "file")
    except VivavoceError:
        form.close()
        raise
    parts.hub.heard.note("openai_rest")
    work = OneOff(parts, owner, form.upload, asked.options, speakers=asked.speakers)
    try:
        if not asked.stream:
            transcript = await while_there(request, work.transcript())
            return openai_answers.respond(asked, transcript)
        deltas = openai_answers.deltas(asked, work.events())
        # What is wrong with the file shows before the first word, and is then said with a
        # status of its own.
        first = await while_there(request, deltas.__anext__())
        return _Streamed(work, _stream(first, deltas))
    except BaseException:
        work.stop()
        raise


@router.get("/models")
async def models(parts: Parts) -> Response:
    """The engines."""
    engines = await asyncio.to_thread(_engines, parts)
    return JSONResponse({"object": "list", "data": [_model(name) for name in engines]})


@router.get("/models/{model:path}")
async def model(model: str, parts: Parts) -> Response:
    """One engine; OpenAI's own names are models too, because they are understood."""
    engines = await asyncio.to_thread(_engines, parts)
    if not openai_request.is_known(model, engines):
        known = ", ".join(engines)
        raise UnknownModel(f"There is no model {model!r} here; there are {known}, and whisper-1.")
    return JSONResponse(_model(model))


class _Streamed(StreamingResponse):
    """When it is over, or its client is gone, nobody needs the work any more."""

    def __init__(self, work: OneOff, content: AsyncIterator[bytes]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(content, media_type="text/event-stream", headers=headers)
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._work.stop()


async def _stream(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What goes wrong on the way is the last event, since the status is said already."""
    yield first
    try:
        async for delta in rest:
            yield delta
    except VivavoceError as error:
        log.warning("stream broke", code=error.code, reason=error.message)
        yield openai_answers.message({"type": "error", "error": detail(error)})


def _engines(parts: Services) -> list[str]:
    """Those that can be used now, the server's own first."""
    chain = parts.settings.engines
    usable = [engine.name for engine in plugins.available() if engine.usable]
    return [*chain, *(name for name in usable if name not in chain)]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "vivavoce"}
