"""`vivavoce.v1` over plain HTTP, for networks where WebSockets do not come through.

The same messages: `POST /live` opens, `POST /live/{session}/frames` brings audio and is
answered when it is durable, `POST /live/{session}/control` the rest; the events come by
`GET /recordings/{session}/events`. `Authorization` has the session's token, so a key is in
`x-api-key`.
"""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from vivavoce.core.commands import Start
from vivavoce.core.errors import BadCredentials, BadMessage, TooLarge
from vivavoce.dialects.base import Ack, Bye, Resume, Say
from vivavoce.dialects.native import NativeDialect
from vivavoce.dialects.native_messages import unpack_batch
from vivavoce.server.rest.models import Error
from vivavoce.server.services import Owner, Parts

router = APIRouter(
    prefix="/live",
    tags=["live"],
    responses={
        409: {"model": Error, "description": "Another client holds it, or a frame is missing."},
        410: {"model": Error, "description": "It has ended."},
        422: {"model": Error},
        503: {"model": Error, "description": "The server is full or stopping; try later."},
    },
)

MOST = 4 << 20
"""Bytes of one request's frames."""

_TEXT = 64 << 10  # bytes of a control message


@router.post("", summary="Open or resume a session")
async def open_session(request: Request, parts: Parts, owner: Owner) -> Response:
    """Body: a `start` or `resume` message. Answer: `ready`."""
    dialect = NativeDialect()
    (opening,) = dialect.receive(await _text(request))
    if isinstance(opening, Start):
        seat = await parts.hub.start(opening, owner)
    else:
        assert isinstance(opening, Resume)
        seat = await parts.hub.resume(opening, owner)
    parts.visits.sit(seat)
    return _json(dialect.send(seat.ready)[0])


@router.post("/{session}/frames", summary="Send audio")
async def frames(
    session: str,
    request: Request,
    parts: Parts,
    owner: Owner,
    authorization: Annotated[str, Header()] = "",
) -> Response:
    """Body: frames of the native protocol, each after its length as a big-endian uint32.

    Answer: `ack`, when all of them are durable. A missing frame is a 409 that names it.
    """
    body = await _body(request, MOST)
    seat = await parts.visits.seat(parts.hub, session, _token(authorization), owner)
    last = -1
    for audio in unpack_batch(body):
        await seat.send(audio)
        last = audio.frame
        if last == 0:
            parts.hub.heard.note("native")
    await seat.durable(last)
    return _json(NativeDialect().send(Ack(seat.acknowledged))[0])


@router.post("/{session}/control", summary="Flush, configure, mark or finish", status_code=204)
async def control(
    session: str,
    request: Request,
    parts: Parts,
    owner: Owner,
    authorization: Annotated[str, Header()] = "",
) -> None:
    """Body: one of the native protocol's control messages."""
    text = await _text(request)
    seat = await parts.visits.seat(parts.hub, session, _token(authorization), owner)
    (command,) = NativeDialect(opened=True).receive(text)
    assert not isinstance(command, Resume | Say | Bye)
    await seat.send(command)


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLarge(f"A request of the live protocol may have {most} bytes.")
    return bytes(body)


async def _text(request: Request) -> str:
    try:
        return (await _body(request, _TEXT)).decode()
    except UnicodeDecodeError as error:
        raise BadMessage("The message is not UTF-8.") from error


def _token(authorization: str) -> str:
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise BadCredentials("The header Authorization must be: Bearer <the session's token>.")
    return token.strip()


def _json(text: str | bytes) -> Response:
    return Response(text, media_type="application/json")
