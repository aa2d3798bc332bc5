"""The live transcription server's addresses: its WebSocket, and a file for its text."""

import time
import uuid

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.websockets import WebSocket

from vivavoce.core.errors import BadAudio, OurError, VivavoceError
from vivavoce.core.events import Warning
from vivavoce.dialects.live_server import LiveServerDialect
from vivavoce.server.intake import Intake, Wishes
from vivavoce.server.services import Owner, Parts, Services
from vivavoce.server.uploads import check_length, receive
from vivavoce.server.ws import serve

router = APIRouter(include_in_schema=False)


@router.websocket("/ws/transcribe")
@router.websocket("/ws/transcribe/{workspace}/{step}")
async def live_server(ws: WebSocket) -> None:
    """One connection; the longer address is of its ancestor, whose names mean nothing here."""
    await serve(ws, LiveServerDialect(str(uuid.uuid4()), time.time))


@router.post("/transcribe")
async def transcribe(request: Request, parts: Parts, owner: Owner) -> JSONResponse:
    """The text of a file under the names that several programs look for, and a recording."""
    try:
        text = await _text(request, parts, owner)
    except VivavoceError as error:
        return JSONResponse({"error": error.message, "detail": error.message}, _status(error))
    return JSONResponse({"transcriptionText": text, "transcript": text})


async def _text(request: Request, parts: Services, owner: str) -> str:
    check_length(request, parts.settings.max_upload_mb)
    intake = Intake(parts, owner, Wishes())
    recording = await receive(request, intake)
    try:
        await intake.ended()
    finally:
        intake.leave()
    row = await parts.repository.get(owner, recording)
    if row.state == "failed":
        raise await _why(parts, owner, recording, row.reason)
    said = await parts.repository.transcript(owner, recording)
    return " ".join(utterance.text for utterance in said.utterances)


async def _why(parts: Services, owner: str, recording: str, reason: str | None) -> VivavoceError:
    """What a recording failed of, in the words of its last warning."""
    sentence = f"The transcription ended early: {reason}."
    async for numbered in parts.repository.events(owner, recording, 0):
        if isinstance(numbered.event, Warning):
            sentence = numbered.event.message
    return BadAudio(sentence) if reason == BadAudio.code else OurError(sentence)


def _status(error: VivavoceError) -> int:
    """They know one status for all that a client does wrong."""
    return 400 if error.status == BadAudio.status else error.status
