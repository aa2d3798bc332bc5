"""The live transcription server's address."""

import time
import uuid

from fastapi import APIRouter
from starlette.websockets import WebSocket

from vivavoce.dialects.live_server import LiveServerDialect
from vivavoce.server.protocols.ws import serve

router = APIRouter(include_in_schema=False)


@router.websocket("/ws/transcribe")
@router.websocket("/ws/transcribe/{workspace}/{step}")
async def live_server(ws: WebSocket) -> None:
    """One connection; the longer address is of its ancestor, whose names mean nothing here."""
    await serve(ws, LiveServerDialect(str(uuid.uuid4()), time.time))
