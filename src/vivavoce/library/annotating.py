"""What is said of a recording after its end: more events, and the transcript that they make.

The transcript that is kept is folded on from, so an edit of hours of speech costs no more than
reading it. One that an older version folded by other rules is made anew from the events.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.errors import Held, TooLarge
from vivavoce.core.events import AnyEvent, Numbered
from vivavoce.core.transcript import Transcript, fold
from vivavoce.library.database import of
from vivavoce.library.recording import UNFINISHED, Recording, gist
from vivavoce.library.repository import MOST, Make
from vivavoce.library.retention import check_text
from vivavoce.library.schema import events, recordings, transcripts
from vivavoce.library.search import index

RULES: Final = 2
"""Raised when the same events fold to something else than before."""


class _Kept(Transcript, frozen=True, kw_only=True):
    rules: int = 1


_decode_kept: Final = msgspec.json.Decoder(_Kept).decode
_decode_event: Final = msgspec.json.Decoder(AnyEvent).decode


async def annotate(db: AsyncConnection, recording: Recording, make: Make) -> list[Numbered]:
    """See `Repository.annotate`. `db` must hold the recording."""
    if recording.state in UNFINISHED:
        raise Held(f"The recording {recording.id} is still live.")
    check_text(recording)
    before = await _transcript(db, recording.id)
    said = make(before)
    if not said:
        return []
    n, epoch = await _last(db, recording.id)
    if n + len(said) > MOST:
        raise TooLarge(f"The recording {recording.id} has {n} events; it may have {MOST}.")
    numbered = [Numbered(at, epoch, event) for at, event in enumerate(said, n + 1)]
    await keep_events(db, recording, numbered)
    await keep_transcript(db, recording, fold(said, before))
    return numbered


async def keep_events(db: AsyncConnection, recording: Recording, log: Sequence[Numbered]) -> None:
    """Add events to those of a recording."""
    belongs = {"recording": recording.id, "owner": recording.owner}
    rows = [
        belongs | {"n": e.n, "epoch": e.epoch, "event": msgspec.json.encode(e.event).decode()}
        for e in log
    ]
    if rows:
        await db.execute(insert(events), rows)


async def keep_transcript(
    db: AsyncConnection, recording: Recording, transcript: Transcript
) -> None:
    """Put a transcript in the place of the one there was, if there was one: what can be found,
    and what the list says of it, are this one's then."""
    kept = _Kept(
        *(getattr(transcript, field) for field in Transcript.__struct_fields__), rules=RULES
    )
    belongs = {"recording": recording.id, "owner": recording.owner}
    text = {"text": transcript.text, "transcript": msgspec.json.encode(kept).decode()}
    row = of(db).insert(transcripts).values(belongs | text)
    key = transcripts.primary_key.columns
    await db.execute(row.on_conflict_do_update(index_elements=key, set_=text))
    await index(db, recording, transcript)
    this = update(recordings).where(recordings.c.id == recording.id)
    await db.execute(this.values(gist(transcript).given))


async def _transcript(db: AsyncConnection, recording: str) -> Transcript:
    query = select(transcripts.c.transcript).where(transcripts.c.recording == recording)
    row = (await db.execute(query)).first()
    kept = _decode_kept(row[0]) if row is not None else _Kept()
    if kept.rules == RULES:
        return Transcript(**_fields(kept))
    log = select(events.c.event).where(events.c.recording == recording).order_by(events.c.n)
    return fold(_decode_event(row[0]) for row in await db.execute(log))


def _fields(transcript: Transcript) -> dict[str, Any]:
    return {name: getattr(transcript, name) for name in Transcript.__struct_fields__}


async def _last(db: AsyncConnection, recording: str) -> tuple[int, int]:
    """The last number and epoch; 0 and 1 where nothing was ever said."""
    query = select(events.c.n, events.c.epoch).where(events.c.recording == recording)
    row = (await db.execute(query.order_by(events.c.n.desc()).limit(1))).first()
    return (0, 1) if row is None else (row.n, row.epoch)
