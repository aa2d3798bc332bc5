"""Amazon Transcribe's addresses: an event stream over HTTP, and one over a WebSocket.

Its own SDKs insist on HTTP/2, where both directions are open at once; nothing here does.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from uuid import uuid4

from fastapi import APIRouter, Request, WebSocket
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from vivavoce.core.errors import BadMessage, VivavoceError
from vivavoce.dialects.aws_transcribe import AwsTranscribeDialect, exception, said
from vivavoce.dialects.aws_transcribe_options import Asked, of_headers, read
from vivavoce.dialects.base import Wire
from vivavoce.server.connection import Connection
from vivavoce.server.line import LineLost, WebSocketLine
from vivavoce.server.services import Owner, Parts, Services, owner, services

router = APIRouter(include_in_schema=False)

NOT_HERE: Final = "This is not served here; ordinary transcription is, at /stream-transcription."

EVENT_STREAM: Final = "application/vnd.amazon.eventstream"


@router.post("/stream-transcription")
async def stream_transcription(request: Request, parts: Parts, owner: Owner) -> Response:
    """One session, from the headers of the request to the end of its body."""
    try:
        asked = _checked(of_headers(request.headers), parts)
    except VivavoceError as error:
        return refusal(error)
    return Answer(asked, parts, owner)


@router.websocket("/stream-transcription-websocket")
async def stream_transcription_websocket(ws: WebSocket) -> None:
    """One session, as the presigned address has it. Its signature is not looked at."""
    parts = services(ws)
    await ws.accept()
    line = WebSocketLine(ws)
    try:
        asked = _checked(dict(ws.query_params), parts)
    except VivavoceError as error:
        await _refuse(line, error)
    else:
        await Connection(line, AwsTranscribeDialect(asked), parts.hub, owner(ws)).run()


async def _refuse(line: WebSocketLine, error: VivavoceError) -> None:
    """In the stream: a browser is not told what the answer to its handshake says."""
    with suppress(LineLost):
        await line.say(said(error))
        await line.close(error.close, error.code)


@router.post("/medical-stream-transcription")
@router.post("/medical-scribe-stream")
@router.post("/call-analytics-stream-transcription")
async def elsewhere() -> Response:
    """Their other services, whose SDK is the same."""
    return refusal(BadMessage(NOT_HERE))


@router.websocket("/medical-stream-transcription-websocket")
@router.websocket("/call-analytics-stream-transcription-websocket")
async def elsewhere_websocket(ws: WebSocket) -> None:
    await ws.accept()
    await _refuse(WebSocketLine(ws), BadMessage(NOT_HERE))


def _checked(said: Mapping[str, str], parts: Services) -> Asked:
    """Raises `BadMessage` for what cannot be, and for languages that no engine here knows."""
    asked = read(said, uuid4())
    if asked.language is not None:
        parts.engines.chain(None, asked.language)
        return asked
    for language in asked.languages:
        with suppress(BadMessage):
            parts.engines.chain(None, language)
            return asked
    raise BadMessage(f"No engine here knows one of {', '.join(asked.languages)}.")


def refusal(error: VivavoceError) -> Response:
    """The answer to a request that is not begun."""
    name, status = exception(error)
    headers = {"x-amzn-errortype": name, "x-amzn-request-id": str(uuid4())}
    return JSONResponse({"Message": error.message}, status, headers)


class Answer(Response):
    """What begins at once, before any audio has come, and lasts as long as the session."""

    def __init__(self, asked: Asked, parts: Services, owner: str) -> None:
        headers = {"x-amzn-request-id": str(uuid4()), **asked.headers}
        super().__init__(None, 200, headers, EVENT_STREAM)
        del self.headers["content-length"]
        self._asked = asked
        self._parts = parts
        self._owner = owner

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        line = HttpLine(receive, send)
        dialect = AwsTranscribeDialect(self._asked)
        await Connection(line, dialect, self._parts.hub, self._owner).run()


class HttpLine:
    """A request's body one way, its answer's the other. The end of the body is heard as an empty
    message."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._whole = self._ended = False  # the body has come; its end was heard

    async def hear(self) -> Wire:
        while not self._whole:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise LineLost
            self._whole = not message.get("more_body", False)
            if body := message.get("body", b""):
                return bytes(body)
        if not self._ended:
            self._ended = True
            return b""
        await self._receive()  # there is nothing more but that the client goes away
        raise LineLost

    async def say(self, wire: Wire) -> None:
        await self._body(wire if isinstance(wire, bytes) else wire.encode(), more=True)

    async def close(self, code: int, reason: str) -> None:  # noqa: ARG002
        await self._body(b"", more=False)

    async def _body(self, body: bytes, *, more: bool) -> None:
        try:
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
        except OSError as error:
            raise LineLost from error
