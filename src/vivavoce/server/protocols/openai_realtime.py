"""OpenAI's Realtime interface: its WebSocket, and the keys that are made over HTTP."""

from typing import Final

from fastapi import APIRouter, Request, WebSocket
from starlette.responses import JSONResponse

from vivavoce import plugins
from vivavoce.core.errors import TooLarge, VivavoceError
from vivavoce.dialects.openai_realtime import OpenAIRealtimeDialect
from vivavoce.dialects.openai_realtime_messages import (
    MAX_CONTROL,
    BetaSecretRequest,
    Changes,
    Refused,
    SecretRequest,
    changes,
    decode,
)
from vivavoce.dialects.openai_realtime_session import Session
from vivavoce.library.recording import new_id
from vivavoce.server.auth.credentials import find
from vivavoce.server.protocols.openai_secrets import make, session_of
from vivavoce.server.protocols.ws import serve
from vivavoce.server.services import Parts, Services, Who, services

BETA: Final = "openai-beta.realtime-v1"


def routes() -> APIRouter:
    router = APIRouter(prefix="/v1/realtime", include_in_schema=False)

    @router.websocket("")
    async def realtime(ws: WebSocket) -> None:
        """A session as its key has it, or with the model of `?model=`."""
        dialect = OpenAIRealtimeDialect(
            new_id(),
            _session_of(ws) or Session().of_model(ws.query_params.get("model")),
            beta=_beta(ws),
            engines=plugins.names(tests=True),
            check=services(ws).engines.chain,
        )
        await serve(ws, dialect)

    @router.post("/client_secrets")
    async def client_secrets(request: Request, parts: Parts, who: Who) -> JSONResponse:
        """A key for a session that is described in the body."""
        asked = decode(await _body(request), SecretRequest)
        session = _session(parts, changes(asked.session))
        secret = make(parts.auth.tokens, who, session, asked.expires_after.seconds)
        said = {**session.said(f"sess_{new_id()}"), "expires_at": secret.expires_at}
        return JSONResponse(
            {"value": secret.value, "expires_at": secret.expires_at, "session": said}
        )

    @router.post("/sessions")
    @router.post("/transcription_sessions")
    async def transcription_sessions(request: Request, parts: Parts, who: Who) -> JSONResponse:
        """The same as the beta has it."""
        asked = decode(await _body(request), BetaSecretRequest)
        session = _session(parts, changes(asked)).of_model(asked.model)
        lifetime = asked.client_secret.expires_at.seconds
        secret = make(parts.auth.tokens, who, session, lifetime)
        key = {"value": secret.value, "expires_at": secret.expires_at}
        said = session.said_in_beta(f"sess_{new_id()}")
        return JSONResponse({**said, "client_secret": key})

    return router


def _session_of(ws: WebSocket) -> Session | None:
    """What the key stands for that a client came with."""
    came = find(ws.scope["headers"], subprotocols=ws.scope.get("subprotocols", ()))
    return None if came is None else session_of(services(ws).auth.tokens, came.text)


def _beta(ws: WebSocket) -> bool:
    return BETA in ws.scope.get("subprotocols", ()) or "realtime=v1" in ws.headers.get(
        "openai-beta", ""
    )


def _session(parts: Services, asked: Changes) -> Session:
    """Raises `Refused` for a language that no session could have."""
    session = Session().changed(asked)
    try:
        parts.engines.chain(None, session.language)
    except VivavoceError as error:
        place = "session.audio.input.transcription.language"
        raise Refused(error.message, param=place) from None
    return session


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_CONTROL:
            raise TooLarge(f"The body may have {MAX_CONTROL} bytes at most.")
    return bytes(body) or b"{}"
