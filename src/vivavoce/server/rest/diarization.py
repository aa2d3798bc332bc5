"""Who speaks in a recording: asked for, looked after, called off. What is found is among its
events, and in its transcript."""

from typing import Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from vivavoce.library import diarizations
from vivavoce.library.retention import check_audio, check_text
from vivavoce.server.rest.models import Error
from vivavoce.server.services import Found, Owner, Parts

router = APIRouter(tags=["recordings"], responses={404: {"model": Error}})


class NewDiarization(BaseModel):
    model_config = ConfigDict(extra="forbid")

    speakers: int | None = Field(
        None, ge=1, le=20, description="how many there are; none: as many as are heard"
    )


class Diarization(BaseModel):
    """How far it is."""

    state: Literal["none", "waiting", "running", "done", "failed", "cancelled"]
    progress: float = Field(0.0, ge=0, le=1)
    speakers: int | None = Field(None, description="as it was asked")
    seconds_left: float | None = Field(None, description="about; null when nobody can tell")
    message: str | None = Field(None, description="what went wrong, in one sentence")

    @classmethod
    def of(cls, entry: diarizations.Diarization | None) -> Self:
        if entry is None:
            return cls(state="none")
        return cls(
            state=entry.state,
            progress=entry.progress,
            speakers=entry.speakers,
            seconds_left=entry.seconds_left,
            message=entry.message,
        )


@router.post(
    "/recordings/{id}/diarization",
    status_code=202,
    responses={
        422: {"model": Error, "description": "So many speakers cannot be."},
        501: {"model": Error, "description": "This server tells no speakers apart."},
        503: {"model": Error, "description": "Too many wait already; try later."},
    },
)
async def diarize(
    recording: Found, parts: Parts, owner: Owner, new: NewDiarization | None = None
) -> Diarization:
    """Tell who says what, anew where that was done: voices keep their labels, and what people
    have said of speakers stands. A recording that is live waits for its end."""
    check_audio(recording)
    check_text(recording)
    speakers = new.speakers if new else None
    return Diarization.of(await parts.diarizing.ask(owner, recording.id, speakers))


@router.get("/recordings/{id}/diarization")
async def diarization(recording: Found, parts: Parts, owner: Owner) -> Diarization:
    """How far it is."""
    return Diarization.of(await parts.diarizing.queue.get(owner, recording.id))


@router.delete("/recordings/{id}/diarization")
async def cancel_diarization(recording: Found, parts: Parts, owner: Owner) -> Diarization:
    """Call it off; what is over stays as it is."""
    await parts.diarizing.cancel(owner, recording.id)
    return Diarization.of(await parts.diarizing.queue.get(owner, recording.id))
