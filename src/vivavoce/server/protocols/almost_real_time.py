"""The almost real-time app's own routes, so that its page and its programs work here.

Each is answered, and refused, in its form. What is saved goes into the library.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from vivavoce.core.errors import BadAudio, BadMessage, OurError, PeerError, VivavoceError
from vivavoce.core.events import Numbered, Warning
from vivavoce.core.transcript import Transcript, fold
from vivavoce.deliver.letter import Letter, rich
from vivavoce.dialects import almost_real_time as dialect
from vivavoce.dialects.almost_real_time import Asked, Listed
from vivavoce.journal.frames import MAX_RECORDED
from vivavoce.library.recording import Changes, Recording, new_id
from vivavoce.server.allowed import Most
from vivavoce.server.bodies.forms import Upload, receive
from vivavoce.server.bodies.intake import MIB, Intake, Wishes
from vivavoce.server.bodies.multipart import File
from vivavoce.server.bodies.page_forms import fields
from vivavoce.server.browsers import policy
from vivavoce.server.names import extension
from vivavoce.server.rest.emails import length
from vivavoce.server.services import Allowed, Owner, Parts, Services

SENT: Final = 20.0
"""Seconds in which a mail server says most of what it has to say."""

LISTED: Final = 100
"""Recordings on a page of the list."""

router = APIRouter(include_in_schema=False)

Answering = Callable[..., Awaitable[Response]]


def refused(answering: Answering) -> Answering:
    """Say what goes wrong as theirs does."""

    @wraps(answering)
    async def answer(*args: Any, **kwargs: Any) -> Response:
        try:
            return await answering(*args, **kwargs)
        except VivavoceError as error:
            return JSONResponse({"error": error.message}, _status(error))

    return answer


@router.post("/transcribe")
@refused
async def transcribe(request: Request, parts: Parts, owner: Owner, most: Allowed) -> Response:
    """The text of a file, which becomes a recording. Other programs have a route of this name
    and send no mode; they look for another word in the answer."""
    form = await receive(request, most.upload_mb, parts.settings.data_dir)
    try:
        asked = Asked.of({name: form.value(name) or "" for name in form.fields})
        if form.upload is None:
            raise BadMessage("The form has no file.")
        recording = await _recorded(parts, owner, most, form.upload, asked)
    finally:
        form.close()
    text = dialect.text(await _said(parts, owner, recording), diarized=asked.diarization)
    if asked.mode is None:
        return JSONResponse({"transcriptionText": text, "transcript": text})
    if not text:
        raise BadAudio(dialect.NOTHING_HEARD)
    return JSONResponse({"transcript": text})


@router.post("/summarise")
@refused
async def summarise(request: Request, parts: Parts, owner: Owner) -> Response:
    """A summary of a text, as text and as HTML."""
    form = await fields(request, parts.settings)
    said = await asyncio.to_thread(_folded, form.get("edited_transcript", ""))
    made = await parts.summariser.unkept(owner, said)
    # their page sets the one as HTML
    return JSONResponse({"html_summary": rich(made.text), "summary": made.text})


@router.post("/save-transcript")
@refused
async def save(request: Request, parts: Parts, owner: Owner) -> Response:
    """A text becomes an entry of the library, without audio."""
    form = await fields(request, parts.settings)
    text, asked = form.get("edited_transcript", "").strip(), Asked.of(form)
    if not text:
        raise BadMessage(dialect.NOTHING_TO_SAVE)
    row = Recording(
        id=new_id(),
        owner=owner,
        title=f"Saved transcript {_now():%Y-%m-%d %H:%M}",
        created_at=_now(),
        state="transcribing",
        language=asked.language,
        mode="upload" if asked.mode == "Upload" else "live",
        diarization=asked.diarization,
    )
    events = await asyncio.to_thread(dialect.saved, row.id, text, asked, row.title)
    await parts.repository.create(row)
    log = [Numbered(n, 1, event) for n, event in enumerate(events, 1)]
    await parts.repository.seal(row.id, log, Changes(state="done", reason="finished"))
    return JSONResponse({"msg": dialect.SAVED})


@router.post("/send-email")
@refused
async def send(request: Request, parts: Parts, owner: Owner) -> Response:
    """A transcript and a summary to an address. What the mail server has no time for now is
    sent later."""
    form = await fields(request, parts.settings)
    transcript, summary = form.get("transcript", "").strip(), form.get("summary", "").strip()
    if not (transcript or summary):
        raise BadMessage(dialect.NOTHING_TO_SEND)
    at = f"{_now():%Y-%m-%d %H:%M} UTC"
    letter = Letter(
        title=f"Transcription {at}",
        settings=tuple(dialect.settings(form, at)),
        summary=summary,
        transcript=transcript,
    )
    parcel = await parts.deliveries.post(owner, form.get("user_email", ""), letter)
    parcel = await parts.deliveries.letters.tried(owner, parcel.id, SENT)
    if parcel.state == "failed":
        raise PeerError(f"Couldn't send email: {parcel.message}")
    if parcel.state == "waiting":
        why = parcel.message or "The mail server has not answered yet."
        return JSONResponse({"success": f"{why} The e-mail is kept, and sent later."})
    return JSONResponse({"success": dialect.SUCCESS})


@router.get("/list-audio")
async def listed(
    request: Request, parts: Parts, owner: Owner, cursor: str | None = None
) -> Response:
    """A page with all recordings, to hear, download and delete."""
    found = await parts.repository.page(owner, LISTED, cursor)
    items = [_listed(row) for row in found.items if row.bytes]
    more = f"list-audio?cursor={found.next}" if found.next else None
    headers = {**policy.page(request, form="'self'"), "Cache-Control": "no-store"}
    return HTMLResponse(dialect.page(items, more), headers=headers)


@router.post("/delete-recording")
@refused
async def delete(request: Request, parts: Parts, owner: Owner) -> Response:
    """Delete a recording for good."""
    form = await fields(request, parts.settings)
    await parts.forget(owner, dialect.recording_of(form.get("filename", "")))
    return JSONResponse({"success": dialect.SUCCESS})


def _status(error: VivavoceError) -> int:
    """They know one status for all that a client does wrong."""
    return 400 if error.status < 500 else error.status


async def _recorded(parts: Services, owner: str, most: Most, upload: Upload, asked: Asked) -> str:
    """The recording, once it is transcribed, and it is known who spoke where that was asked.
    Raises what kept it from being transcribed."""
    wishes = Wishes(language=asked.language, diarization=asked.diarization)
    intake = Intake(parts, owner, wishes, most.upload_mb)
    name = None if asked.mode == "Recording" else upload.name  # theirs are all recording.webm
    try:
        await intake.take(File(name, upload.media))
        while data := await asyncio.to_thread(upload.bytes.read, MAX_RECORDED):
            await intake.take(data)
        recording = await intake.finish()
    except BaseException:
        await intake.abandon()
        raise
    parts.hub.heard.note("recordings")
    try:
        await intake.ended()
        await parts.diarizing.settled(owner, recording)
    finally:
        intake.leave()
    return recording


def _folded(text: str) -> Transcript:
    """A text that somebody sent as a transcript; one of hours takes a while."""
    return fold(dialect.saved("", text, Asked(None, None, diarization=True), ""))


async def _said(parts: Services, owner: str, recording: str) -> Transcript:
    row = await parts.repository.get(owner, recording)
    if row.state != "failed":
        return await parts.repository.transcript(owner, recording)
    sentence = f"The transcription ended early: {row.reason}."
    async for numbered in parts.repository.events(owner, recording, 0):
        if isinstance(numbered.event, Warning):
            sentence = numbered.event.message
    raise BadAudio(sentence) if row.reason == BadAudio.code else OurError(sentence)


def _listed(row: Recording) -> Listed:
    about = f"{row.created_at:%Y-%m-%d %H:%M} UTC, {length(row.duration)}"
    size = f"{row.bytes / MIB:.1f} MB" if row.bytes >= MIB else f"{row.bytes // 1024 + 1} kB"
    return Listed(
        file=f"{row.id}{extension(row.media_type)}",
        title=row.title,
        about=f"{about}, {size}",
        audio=f"api/v1/recordings/{row.id}/audio",
    )


def _now() -> datetime:
    return datetime.now(UTC)
