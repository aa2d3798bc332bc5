"""`GET /transcripts.csv`: every transcript in one table, a line at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from vivavoce.core.errors import NotFound
from vivavoce.library.export import FORMATS, render
from vivavoce.library.recording import Recording
from vivavoce.library.repository import Repository
from vivavoce.library.spreadsheet import row
from vivavoce.server.names import attachment
from vivavoce.server.services import Owner, Parts

COLUMNS = ("id", "timestamp", "mode", "language", "diarization", "text")

router = APIRouter(tags=["recordings"])


@router.get(
    "/transcripts.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "The table."}},
)
async def transcripts(parts: Parts, owner: Owner) -> StreamingResponse:
    """All transcripts that are not in the bin, newest first."""
    headers = {
        "Content-Disposition": attachment("transcripts", ".csv"),
        "X-Content-Type-Options": "nosniff",
    }
    lines = _lines(parts.repository, owner)
    return StreamingResponse(lines, media_type=FORMATS["csv"], headers=headers)


async def _lines(repository: Repository, owner: str) -> AsyncIterator[str]:
    """One recording at a time is in memory, and the page of the list that it stands on."""
    yield row(COLUMNS)
    cursor: str | None = None
    while True:
        page = await repository.page(owner, cursor=cursor)
        for recording in page.items:
            if recording.state in ("done", "failed"):
                with suppress(NotFound):  # deleted meanwhile
                    said = await repository.transcript(owner, recording.id)
                    text = await asyncio.to_thread(render, said, "txt")
                    yield row(_cells(recording, text))
        if (cursor := page.next) is None:
            return


def _cells(recording: Recording, text: str) -> tuple[str, ...]:
    return (
        recording.id,
        f"{recording.created_at:%Y-%m-%dT%H:%M:%SZ}",
        recording.mode,
        recording.language or "",
        str(recording.diarization).lower(),
        text.removesuffix("\n"),
    )
