"""Links by which a recording is read without more: its page, its captions, its events.

What a link opens is found by its token alone, and says nothing that leads further: neither
the recording's id nor who corrected it. Whoever owns the recording makes and withdraws links.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.core.events import (
    AnyEvent,
    Edited,
    EngineSwitched,
    Marker,
    Numbered,
    Speaker,
    Started,
    Warning,
)
from vivavoce.library import shares as links
from vivavoce.library.recording import Recording, RecordingState
from vivavoce.library.shares import UNKNOWN
from vivavoce.server.pages.shown import shown
from vivavoce.server.rest import recordings, sse
from vivavoce.server.rest.ahead import Item, Items
from vivavoce.server.rest.models import ANYWHERE, Error
from vivavoce.server.services import Found, Owner, Parts, Services

LONGEST: Final = 365 * 24 * 3600
"""Seconds that a link may live."""

USUAL: Final = 7 * 24 * 3600
"""Seconds that it lives where nobody says how long."""

TOKEN: Final = 64
"""Characters; what is longer is no token of ours."""

PRIVATE: Final = {
    "Referrer-Policy": "no-referrer",  # the address is the key
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


SOMEBODY: Final = "somebody"
"""Who corrected a recording, as far as its readers are concerned."""


class Expired(PeerError):
    """A link whose time is over."""

    code, status = "expired", 410


class NewShare(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expires_in: Annotated[int, Field(ge=60, le=LONGEST)] | None = Field(
        None, description="seconds until the link expires; null: a week"
    )
    audio: bool = Field(False, description="whether who has the link may listen too")


class Share(BaseModel):
    """A link. Its token was told when it was made, and is not kept."""

    id: str
    created_at: datetime = Field(description="UTC")
    expires_at: datetime = Field(description="UTC")
    audio: bool


class MadeShare(Share):
    """A link with its token, which is told this once."""

    token: str
    url: str = Field(description="of the page to read on")
    captions_url: str = Field(description="of the captions over a video, for OBS")


class ShareList(BaseModel):
    items: list[Share]


class SharedRecording(BaseModel):
    """What a link says of its recording."""

    title: str
    created_at: datetime = Field(description="UTC")
    state: RecordingState
    duration: float = Field(description="seconds; 0 until it has ended")
    language: str | None = Field(description="BCP-47")
    audio: bool = Field(description="whether it may be listened to here")
    expires_at: datetime = Field(description="UTC; of the link")


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that holds, and what it leads to."""

    token: str
    share: links.Share
    recording: Recording


async def opened(parts: Services, token: str) -> Opened:
    """What this token opens now. Raises `NotFound`, `Expired`."""
    if len(token) > TOKEN:
        raise NotFound(UNKNOWN)
    share = await parts.shares.found(token)
    if share.expires_at <= datetime.now(UTC):
        raise Expired("The link has expired; ask whoever shared it for a new one.")
    try:
        recording = await parts.repository.get(share.owner, share.recording)
    except NotFound:  # deleted a moment ago
        raise NotFound(UNKNOWN) from None
    if recording.deleted_at is not None:  # it is in the bin
        raise NotFound(UNKNOWN)
    return Opened(token, share, recording)


async def _shared(
    parts: Parts, token: Annotated[str, Path(description="The link's token.")]
) -> Opened:
    return await opened(parts, token)


Shared = Annotated[Opened, Depends(_shared)]

router = APIRouter(
    tags=["sharing"],
    responses={
        404: {"model": Error, "description": "There is no such recording or link."},
        422: {"model": Error, "description": "A parameter that cannot be."},
    },
)
EXPIRED: Final[recordings.Answers] = {410: {"model": Error, "description": "The link has expired."}}


@router.post(
    "/recordings/{id}/shares",
    status_code=201,
    responses={409: {"model": Error, "description": "It has as many links as it may have."}},
)
async def share(
    recording: Found, parts: Parts, owner: Owner, request: Request, wish: NewShare
) -> MadeShare:
    """A link by which anybody who has it reads the recording, live or ended."""
    now = datetime.now(UTC)
    lives = timedelta(seconds=wish.expires_in or USUAL)
    made, token = await parts.shares.create(owner, recording.id, now, now + lives, audio=wish.audio)
    base = str(request.base_url)
    return MadeShare(
        id=made.id,
        created_at=made.created_at,
        expires_at=made.expires_at,
        audio=made.audio,
        token=token,
        url=f"{base}s/{token}",
        captions_url=f"{base}captions/{token}",
    )


@router.get("/recordings/{id}/shares")
async def shares(recording: Found, parts: Parts, owner: Owner) -> ShareList:
    """The recording's links, the newest first; those that have expired too, for a while."""
    found = await parts.shares.of(owner, recording.id)
    return ShareList(
        items=[
            Share(
                id=one.id,
                created_at=one.created_at,
                expires_at=one.expires_at,
                audio=one.audio,
            )
            for one in found
        ]
    )


@router.delete("/shares/{id}", status_code=204)
async def withdraw(id: str, parts: Parts, owner: Owner) -> None:
    """Withdraw a link. Whoever reads by it now stops reading."""
    await parts.shares.withdraw(owner, id)
    parts.doors.close(id)


@router.get("/shared/{token}", responses=EXPIRED)
async def shared(found: Shared, response: Response) -> SharedRecording:
    """What a link leads to."""
    response.headers.update(PRIVATE)
    recording = found.recording
    return SharedRecording(
        title=recording.title,
        created_at=recording.created_at,
        state=recording.state,
        duration=recording.duration,
        language=recording.language,
        audio=found.share.audio,
        expires_at=found.share.expires_at,
    )


@router.get(
    "/shared/{token}/events",
    response_class=StreamingResponse,
    responses={
        **EXPIRED,
        200: {"content": {"text/event-stream": {}}, "description": "The events, then the end."},
    },
)
async def shared_events(
    found: Shared,
    parts: Parts,
    after: Annotated[int, Header(alias="Last-Event-ID", ge=0, le=2**53)] = 0,
    follow: Annotated[bool, Query(description="Stay, and tell what is said later.")] = False,
) -> StreamingResponse:
    """The same as a recording's own events; the stream ends when the link does."""
    items = await sse.items(parts, found.recording, after)
    if follow:
        items = sse.further(parts, found.recording, items, after)
    return StreamingResponse(
        _until_closed(parts, found, items),
        media_type="text/event-stream",
        headers={**PRIVATE, "X-Accel-Buffering": "no"},
    )


@router.get("/shared/{token}/audio", response_class=StreamingResponse, responses=EXPIRED)
async def shared_audio(
    found: Shared,
    parts: Parts,
    bytes_wanted: Annotated[str | None, Header(alias="Range")] = None,
    if_range: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The audio, whole or a range of bytes, where the link is for listening too."""
    if not found.share.audio:
        raise NotFound("This link is for reading; the audio is not shared.")
    response = await recordings.audio(
        found.recording, parts, bytes_wanted, if_range, if_none_match, download=False
    )
    response.headers.update({**PRIVATE, "ETag": f'"{found.share.id}"'})
    return response


async def _until_closed(parts: Services, found: Opened, items: Items) -> AsyncGenerator[bytes]:
    async with (
        parts.doors.reading(found.share) as closed,
        aclosing(sse.stream(items, encode=_encode, closed=closed)) as chunks,
    ):
        async for chunk in chunks:
            yield chunk


def _bare(item: Item) -> Item:
    """The same without what leads further than the link."""
    if not isinstance(item, Numbered):
        return item
    bare: AnyEvent
    match item.event:
        case Started() as event:
            bare = Started(
                session="",
                engine=event.engine,
                format=event.format,
                language=event.language,
                title=event.title,
            )
        case Edited() | Speaker(actor=str()) | Marker(actor=str()) as event:
            bare = msgspec.structs.replace(event, actor=SOMEBODY)
        case Warning() as event:  # its sentence is for who runs the server
            bare = msgspec.structs.replace(event, message="")
        case EngineSwitched() as event:
            bare = msgspec.structs.replace(event, reason="")
        case _:
            return item
    return Numbered(item.n, item.epoch, bare)


_encode: Final = sse.Encoder(_bare)


def mount(app: FastAPI) -> None:
    app.include_router(router, prefix="/api/v1", responses=ANYWHERE)
    app.add_api_route("/s/{token}", _viewer, include_in_schema=False)
    app.add_api_route("/captions/{token}", _captions, include_in_schema=False)


async def _viewer(request: Request, parts: Parts, token: str) -> Response:
    return await _page(request, parts, token, "viewer.html")


async def _captions(request: Request, parts: Parts, token: str) -> Response:
    """They only show: a site may have them in a frame beside its video."""
    return await _page(request, parts, token, "captions.html", frame="*")


async def _page(
    request: Request, parts: Services, token: str, name: str, frame: str = "'none'"
) -> Response:
    try:
        await opened(parts, token)
    except PeerError as error:
        return shown(request, "no-link.html", error.status, PRIVATE, base="'self'", frame=frame)
    return shown(request, name, headers=PRIVATE, base="'self'", frame=frame)
