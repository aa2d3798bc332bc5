"""REST under `/api/v1`: recordings, their transcripts, their audio."""

import asyncio
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Query, Response
from starlette.responses import StreamingResponse

from vivavoce.core.errors import Forbidden, NotFound
from vivavoce.library.export import FORMATS, render
from vivavoce.library.found import Wanted
from vivavoce.library.recording import Recording as Row
from vivavoce.library.recording import audio_key
from vivavoce.library.retention import check_audio
from vivavoce.server.errors import BadParameter, BadRange, check_ended, refusal
from vivavoce.server.names import attachment, extension, media_type
from vivavoce.server.rest import (
    annotations,
    diarization,
    emails,
    health,
    peaks,
    questions,
    search,
    sse,
    summaries,
    table,
    translations,
    uploads,
    usage,
    webhooks,
)
from vivavoce.server.rest.bin import router as bin_router
from vivavoce.server.rest.models import Change, Error, Page, Recording
from vivavoce.server.rest.ranges import wanted
from vivavoce.server.services import Found, Owner, Parts, Who

Format = Literal["txt", "srt", "vtt", "json", "csv", "md", "jsonl"]
Download = Annotated[bool, Query(description="Save it as a file instead of showing it.")]

Answers = dict[int | str, dict[str, Any]]

NOT_FOUND: Final[Answers] = {404: {"model": Error, "description": "There is no such recording."}}
LIVE: Final[Answers] = {
    409: {"model": Error, "description": "It is still live; follow its events."}
}

router = APIRouter(
    tags=["recordings"],
    responses={422: {"model": Error, "description": "A parameter that cannot be."}},
)


@router.get("/recordings")
async def page(
    parts: Parts,
    owner: Owner,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[
        str | None, Query(max_length=400, description="`next` of the page before.")
    ] = None,
    tag: Annotated[str | None, Query(max_length=40, description="That they have.")] = None,
    q: Annotated[
        str, Query(max_length=200, description="In the title, a tag, or what was said.")
    ] = "",
    deleted: Annotated[bool, Query(description="What is in the bin instead.")] = False,
) -> Page:
    """What was recorded, newest first."""
    wanted = Wanted(tag=tag, q=q, deleted=deleted)
    found = await parts.repository.page(owner, limit, cursor, wanted)
    return Page(items=[Recording.of(row, parts.settings) for row in found.items], next=found.next)


@router.get("/recordings/{id}", responses=NOT_FOUND)
async def get(recording: Found, parts: Parts) -> Recording:
    """One recording."""
    return Recording.of(recording, parts.settings)


@router.patch("/recordings/{id}", responses=NOT_FOUND)
async def change(
    recording: Found, wanted: Change, parts: Parts, owner: Owner, who: Who
) -> Recording:
    """Give a recording another title, other tags, or another time to go."""
    if not wanted.model_fields_set:
        raise BadParameter(f"Name what is to be changed: {', '.join(Change.model_fields)}.")
    if "title" in wanted.model_fields_set:
        recording = await parts.repository.rename(owner, recording.id, wanted.title)
    if "tags" in wanted.model_fields_set:
        recording = await parts.repository.retag(owner, recording.id, wanted.tags)
    if (wish := wanted.wish()) is not None:
        if "manage" not in who.scopes:  # it is to delete, or to keep others from it
            raise Forbidden("To say when a recording goes needs a key with the scope manage.")
        recording = await parts.retention.wish(owner, recording.id, wish)
    return Recording.of(recording, parts.settings)


@router.delete("/recordings/{id}", status_code=204, responses=NOT_FOUND)
async def delete(recording: Found, parts: Parts, owner: Owner) -> None:
    """Delete the audio, the events and the text; a live one ends first."""
    await parts.forget(owner, recording.id)


@router.get(
    "/recordings/{id}/transcript",
    response_class=Response,
    responses={
        **NOT_FOUND,
        **LIVE,
        200: {"content": {media.partition(";")[0]: {} for media in FORMATS.values()}},
    },
)
async def transcript(
    recording: Found,
    parts: Parts,
    owner: Owner,
    format: Format = "json",
    download: Download = False,
) -> Response:
    """What was said, in one of several formats."""
    check_ended(recording)
    said = await parts.repository.transcript(owner, recording.id)
    text = await asyncio.to_thread(render, said, format, title=recording.title)
    headers = {"X-Content-Type-Options": "nosniff"}
    if download:
        headers["Content-Disposition"] = attachment(recording.title, f".{format}")
    return Response(text, media_type=FORMATS[format], headers=headers)


@router.get(
    "/recordings/{id}/audio",
    response_class=StreamingResponse,
    responses={
        **NOT_FOUND,
        **LIVE,
        200: {"content": {"audio/*": {}}, "description": "The audio."},
        206: {"content": {"audio/*": {}}, "description": "The range of it that was asked for."},
        304: {"description": "The client has it already."},
        416: {"model": Error, "description": "The range begins after the end."},
    },
)
async def audio(
    recording: Found,
    parts: Parts,
    bytes_wanted: Annotated[str | None, Header(alias="Range")] = None,
    if_range: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
    download: Download = False,
) -> Response:
    """The audio, whole or a range of bytes."""
    check_ended(recording)
    size = await _size(parts, recording)
    headers = _audio_headers(recording, size, download)
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    try:
        current = if_range in (None, headers["ETag"])
        span = wanted(bytes_wanted if current else None, size)
    except ValueError:
        outside = BadRange(f"The range begins after the {size} bytes that there are.")
        return refusal(outside, {"Content-Range": f"bytes */{size}"})
    start, end = span or (0, size)
    headers["Content-Length"] = str(end - start)
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    chunks = parts.blobs.stream(audio_key(recording.id), start, end)
    return StreamingResponse(chunks, 206 if span else 200, headers)


async def _size(parts: Parts, recording: Row) -> int:
    check_audio(recording)
    try:
        return await parts.blobs.size(audio_key(recording.id))
    except NotFound as error:
        raise NotFound(f"The recording {recording.id} has no audio.") from error


def _audio_headers(recording: Row, size: int, download: bool) -> dict[str, str]:
    media = media_type(recording.media_type)
    headers = {
        "Content-Type": media,
        "Accept-Ranges": "bytes",
        "ETag": f'"{recording.id}-{size}"',  # it never changes once it is there
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if download:
        headers["Content-Disposition"] = attachment(recording.title, extension(media))
    return headers


router.include_router(uploads.router)
router.include_router(sse.router)
router.include_router(health.info)
router.include_router(usage.router)
router.include_router(search.router)
router.include_router(bin_router)
router.include_router(table.router)
router.include_router(peaks.router)
router.include_router(annotations.router)
router.include_router(diarization.router)
router.include_router(summaries.router)
router.include_router(questions.router)
router.include_router(translations.router)
router.include_router(emails.router)
router.include_router(webhooks.router)
