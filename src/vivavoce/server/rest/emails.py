"""E-mails about a recording: `POST` and `GET /recordings/{id}/emails`."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.core.transcript import Transcript
from vivavoce.deliver.letter import Attachment, Letter
from vivavoce.library.export import FORMATS, render
from vivavoce.library.outbox import Parcel
from vivavoce.library.recording import UNFINISHED, Recording
from vivavoce.server.errors import BadParameter, StillLive
from vivavoce.server.names import file_name
from vivavoce.server.rest.dispatch import Dispatch
from vivavoce.server.rest.models import Error
from vivavoce.server.services import Found, Owner, Parts, Services


class NothingToSend(PeerError):
    """What was asked for has no word in it."""

    code, status = "nothing_to_send", 409


class NewEmail(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)]
    transcript: bool = Field(True, description="in the letter itself")
    summary: str | None = Field(
        None, max_length=40, description="id of one of the recording's summaries"
    )
    attach: list[Annotated[str, StringConstraints(max_length=20)]] = Field(
        [], max_length=10, description="formats of `/info`, as files"
    )


class Email(Dispatch):
    """An e-mail that was asked for, and what became of it."""

    id: str
    to: str

    @classmethod
    def of(cls, parcel: Parcel) -> Self:
        return cls._of(parcel, id=parcel.id, to=parcel.address)


class Emails(BaseModel):
    """The newest first, a hundred at most."""

    items: list[Email]


router = APIRouter(tags=["e-mail"], responses={404: {"model": Error}})


@router.post(
    "/recordings/{id}/emails",
    status_code=202,
    responses={
        409: {"model": Error, "description": "It is still live, or there is nothing to send."},
        422: {"model": Error, "description": "No e-mail address, or a format that is none."},
        429: {"model": Error, "description": "As many as are sent in an hour; try later."},
        501: {"model": Error, "description": "The settings name no mail server."},
    },
)
async def send(recording: Found, new: NewEmail, parts: Parts, owner: Owner) -> Email:
    """Send the transcript, a summary and files of a recording to somebody.

    It is kept and sent as soon as the mail server takes it, also after a restart; `GET` says
    what became of it. What is sent is what there is now.
    """
    parts.deliveries.mail_server.reader(new.to)
    letter = await _letter(parts, owner, recording, new)
    return Email.of(await parts.deliveries.post(owner, new.to, letter, recording.id))


@router.get("/recordings/{id}/emails")
async def emails(recording: Found, parts: Parts, owner: Owner) -> Emails:
    """The e-mails that were asked for in the last 30 days, or still wait."""
    found = await parts.deliveries.outbox.of_recording(owner, recording.id, "email")
    return Emails(items=[Email.of(parcel) for parcel in found])


async def _letter(parts: Services, owner: str, recording: Recording, new: NewEmail) -> Letter:
    if recording.state in UNFINISHED:
        raise StillLive(f"The recording {recording.id} is still live; send it when it has ended.")
    if not (new.transcript or new.summary or new.attach):
        raise BadParameter("There is nothing to send: ask for transcript, summary or attach.")
    said = await parts.repository.transcript(owner, recording.id)
    if not said.utterances:
        raise NothingToSend("Nothing was said in this recording, so there is nothing to send.")
    summary = await _summary(parts, owner, recording.id, new.summary) if new.summary else ""
    return Letter(
        title=recording.title,
        settings=tuple(settings_of(recording)),
        summary=summary,
        transcript=await asyncio.to_thread(render, said, "txt") if new.transcript else "",
        attachments=await asyncio.to_thread(_attached, recording, said, new.attach),
    )


async def _summary(parts: Services, owner: str, recording: str, summary: str) -> str:
    for kept in await parts.summariser.of(owner, recording):
        if kept.summary.id == summary:
            return kept.answer.text
    raise NotFound(f"There is no summary {summary} of this recording.")


def settings_of(recording: Recording) -> Sequence[tuple[str, str]]:
    """How it came about, for people."""
    return (
        ("Date", f"{recording.created_at:%Y-%m-%d %H:%M} UTC"),
        ("Length", length(recording.duration)),
        ("Language", recording.language or "not said"),
        ("Engine", " ".join(filter(None, (recording.engine, recording.model))) or "none"),
        ("Mode", recording.mode),
        ("Diarization", "yes" if recording.diarization else "no"),
    )


def length(seconds: float) -> str:
    """`1:02`, or `1:01:02`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _attached(
    recording: Recording, said: Transcript, formats: Sequence[str]
) -> tuple[Attachment, ...]:
    for format in formats:
        if format not in FORMATS:
            known = ", ".join(FORMATS)
            raise BadParameter(f"attach names {format!r}; the formats are {known}.", "attach")
    return tuple(
        Attachment(
            file_name(recording.title, f".{format}"),
            FORMATS[format],
            render(said, format, title=recording.title),
        )
        for format in dict.fromkeys(formats)
    )
