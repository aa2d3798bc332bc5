"""`POST /recordings`: a file, as a form or as it is, straight into a session's journal."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.requests import ClientDisconnect

from vivavoce.core.errors import PeerError, TooLarge
from vivavoce.server.bodies.intake import MIB, MOST_DAYS, MOST_SPEAKERS, Intake, Wishes
from vivavoce.server.bodies.multipart import FIELD, File, Item, read_form
from vivavoce.server.rest.models import Error, Recording
from vivavoce.server.services import Allowed, Owner, Parts
from vivavoce.telemetry.traces import span

router = APIRouter(tags=["recordings"])

_BINARY: Final[dict[str, Any]] = {"type": "string", "format": "binary"}
_TEXT: Final[dict[str, Any]] = {"type": "string", "maxLength": FIELD}
_DAYS: Final[dict[str, Any]] = {"type": "integer", "minimum": 0, "maximum": MOST_DAYS}
_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "title": _TEXT,
                    "language": _TEXT,
                    "engine": _TEXT,
                    "diarization": {"type": "boolean"},
                    "speakers": {"type": "integer", "minimum": 1, "maximum": MOST_SPEAKERS},
                    "audio_days": _DAYS,
                    "text_days": _DAYS,
                    "file": _BINARY,
                },
            }
        },
        "application/octet-stream": {"schema": _BINARY},
    },
}


@router.post(
    "/recordings",
    status_code=202,
    responses={
        200: {"model": Recording, "description": "Transcribed; only with `wait`."},
        413: {"model": Error, "description": "Larger than the server takes."},
        422: {"model": Error, "description": "No audio, or a parameter that cannot be."},
        503: {"model": Error, "description": "The server is full or stopping; try later."},
        507: {"model": Error, "description": "The disk is full."},
    },
    openapi_extra={"requestBody": _BODY},
)
async def upload(
    request: Request,
    response: Response,
    parts: Parts,
    owner: Owner,
    most: Allowed,
    title: Annotated[
        str | None, Query(max_length=FIELD, description="Default: the file's name.")
    ] = None,
    language: Annotated[
        str | None, Query(max_length=FIELD, description="BCP-47 tag of what is spoken.")
    ] = None,
    engine: Annotated[
        str | None, Query(max_length=FIELD, description="One of `/api/v1/info`.")
    ] = None,
    diarization: Annotated[bool, Query(description="Tell who says what.")] = False,
    speakers: Annotated[
        int | None, Query(ge=1, le=MOST_SPEAKERS, description="How many there are, if known.")
    ] = None,
    audio_days: Annotated[
        int | None, Query(ge=0, le=MOST_DAYS, description="That its audio is kept at the most.")
    ] = None,
    text_days: Annotated[
        int | None, Query(ge=0, le=MOST_DAYS, description="That its text is kept at the most.")
    ] = None,
    wait: Annotated[bool, Query(description="Answer when all that is done.")] = False,
) -> Recording:
    """Transcribe an audio or video file of any common kind.

    Send it as the `file` of a form, whose other fields come before it, or as the body
    itself. The answer comes as soon as the audio is safe on disk.
    """
    check_length(request, most.upload_mb)
    wishes = Wishes(title, language, engine, diarization, speakers or 0, audio_days, text_days)
    intake = Intake(parts, owner, wishes, most.upload_mb)
    recording = await receive(request, intake)
    parts.hub.heard.note("recordings")
    try:
        if wait:
            await intake.ended()
            await parts.diarizing.settled(owner, recording)
            response.status_code = 200
    finally:
        intake.leave()
    return Recording.of(await parts.repository.get(owner, recording), parts.settings)


async def receive(request: Request, intake: Intake) -> str:
    """The recording's id once the audio is durable; else nothing of it is left."""
    uploads = request.app.state.services.hub.tally.uploads
    outcome = "refused"
    with span("upload"):
        try:
            async for item in _items(request):
                await intake.take(item)
            recording = await intake.finish()
            outcome = "taken"
            return recording
        except ClientDisconnect as error:
            outcome = "broken"
            await intake.abandon()
            raise PeerError("The upload broke off.") from error
        except BaseException:
            await intake.abandon()
            raise
        finally:
            uploads[outcome] += 1


async def _items(request: Request) -> AsyncIterator[Item]:
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith("multipart/form-data"):
        async for item in read_form(content_type, request.stream()):
            yield item
        return
    yield File(None, content_type)
    async for data in request.stream():
        yield data


def check_length(request: Request, limit: int) -> None:
    """Refuse before the first byte where the client says how many are to come."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit * MIB + MIB:  # a form is more than its file
        raise TooLarge(f"The upload is larger than {limit} MiB.")
