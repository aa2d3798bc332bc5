"""`GET /search` and `GET /tags`: what was said, and the words that people put on recordings."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from vivavoce.library import found
from vivavoce.server.rest.models import Error
from vivavoce.server.services import Owner, Parts

router = APIRouter(
    tags=["recordings"],
    responses={422: {"model": Error, "description": "A parameter that cannot be."}},
)


class Where(BaseModel):
    """The recording of a hit."""

    id: str
    title: str
    created_at: datetime = Field(description="UTC")


class Piece(BaseModel):
    text: str
    hit: bool = Field(description="whether this was asked for")


class Hit(BaseModel):
    """An utterance in which all that was asked for was said."""

    recording: Where
    utterance: str
    start: float = Field(description="seconds")
    end: float = Field(description="seconds")
    at: float = Field(description="seconds; where the first word that was asked for begins")
    snippet: list[Piece] = Field(description="its text, or the part of it around the first hit")

    @classmethod
    def of(cls, hit: found.Hit) -> Self:
        where = Where(id=hit.recording, title=hit.title, created_at=hit.created_at)
        return cls(
            recording=where,
            utterance=hit.utterance,
            start=hit.start,
            end=hit.end,
            at=hit.at,
            snippet=[Piece(text=piece.text, hit=piece.hit) for piece in hit.snippet],
        )


class Hits(BaseModel):
    items: list[Hit]
    next: str | None = Field(description="the cursor of the next page; null on the last")


class Tag(BaseModel):
    tag: str
    recordings: int = Field(description="that have it")


class Tags(BaseModel):
    items: list[Tag] = Field(description="in alphabetical order")


@router.get("/search")
async def search(
    parts: Parts,
    owner: Owner,
    q: Annotated[str, Query(max_length=200, description='Words; "in quotes" as they stand.')],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[
        str | None, Query(max_length=400, description="`next` of the page before.")
    ] = None,
) -> Hits:
    """What was said: the utterances that have all the words, in recordings that have ended."""
    hits = await parts.repository.search(owner, q, limit, cursor)
    return Hits(items=[Hit.of(hit) for hit in hits.items], next=hits.next)


@router.get("/tags")
async def tags(parts: Parts, owner: Owner) -> Tags:
    """The tags in alphabetical order, the 500 most used where there are more, and how many
    recordings have each."""
    counted = await parts.repository.tags(owner)
    return Tags(items=[Tag(tag=tag, recordings=count) for tag, count in counted])
