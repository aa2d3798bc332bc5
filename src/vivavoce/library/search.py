"""Finding what was said, in every recording of an owner.

What can be found is the passages, one for each utterance: made when a recording is sealed, made
anew where its transcript changes, and gone with it. The database keeps the index on them
(`SEARCH` in `schema.py`), so nothing can change the one and forget the other.

Passages are found in the order of their ids, from above, without looking at those that are not
shown. So the ids of a recording lie together, the first words on top, and those of the
recordings that were kept later lie above.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vivavoce.core.errors import PeerError
from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import SAMPLE_RATE, seconds
from vivavoce.library.database import of
from vivavoce.library.found import Hit, Hits, Piece
from vivavoce.library.recording import Recording
from vivavoce.library.schema import passages
from vivavoce.library.terms import Phrase, phrases, spans, terms

AROUND: Final = 80
"""Characters of a snippet before its first hit, and twice as many after it began."""

BLOCK: Final = 40
"""Bits of an id that a recording has for its passages: samples since it began."""

_LAST: Final = (1 << BLOCK) - 1
_CURSOR: Final = re.compile(r"\d{1,18}")


async def search(
    db: AsyncConnection, owner: str, query: str, limit: int, cursor: str | None
) -> Hits:
    """See `Repository.search`."""
    asked = phrases(query)
    if not asked:
        return Hits((), None)
    values = {"below": _position(cursor), "owner": owner, "limit": limit + 1}
    rows = (await db.execute(of(db).hits(asked), values)).all()
    items = tuple(_hit(row, asked) for row in rows[:limit])
    return Hits(items, str(rows[limit - 1].id) if len(rows) > limit else None)


async def index(db: AsyncConnection, recording: Recording, transcript: Transcript) -> None:
    """Let this transcript be found, and nothing else of its recording.

    Only the passages that differ are written. `db` must hold the recording.
    """
    c = passages.c
    columns = c.id, c.utterance, c.start, c.end, c.text, c.starts
    rows = await db.execute(select(*columns).where(c.recording == recording.id))
    there = {row.id: row._asdict() for row in rows}
    if there:
        block = next(iter(there)) >> BLOCK
    else:
        await of(db).alone(db, "passages")
        block = (((await db.execute(select(func.max(c.id)))).scalar() or 0) >> BLOCK) + 1
    wanted = entries(transcript, block)
    if gone := [{"gone": id} for id, row in there.items() if wanted.get(id) != row]:
        await db.execute(delete(passages).where(c.id == bindparam("gone")), gone)
    belongs = {"recording": recording.id, "owner": recording.owner}
    new = [row for id, row in wanted.items() if there.get(id) != row]
    if new:
        await db.execute(insert(passages), [belongs | row | words_of(row) for row in new])


def entries(transcript: Transcript, block: int) -> dict[int, dict[str, Any]]:
    """The passages of a transcript by their ids, without their words and whose they are."""
    found: dict[int, dict[str, Any]] = {}
    for said in transcript.utterances:
        id = (block << BLOCK) + _LAST - min(said.start, _LAST >> 1)
        while id in found:  # two began at the same sample
            id -= 1
        found[id] = {
            "id": id,
            "utterance": said.id,
            "start": said.start,
            "end": said.end,
            "text": said.text,
            "starts": msgspec.json.encode(_starts(said)).decode(),
        }
    return found


def words_of(passage: dict[str, Any]) -> dict[str, str]:
    """What the index reads of a passage."""
    return {"terms": " ".join(term.text for term in terms(passage["text"]))}


def _starts(said: Utterance) -> list[int]:
    """Milliseconds from the start of an utterance to that of each of its words; none where
    its words have no times."""
    if len(said.words) != len(said.text.split()):
        return []
    return [(word.start - said.start) * 1000 // SAMPLE_RATE for word in said.words]


def _hit(row: Any, asked: Sequence[Phrase]) -> Hit:
    found = spans(row.text, asked)
    return Hit(
        recording=row.recording,
        title=row.title,
        created_at=row.created_at,
        utterance=row.utterance,
        start=seconds(row.start),
        end=seconds(row.end),
        at=_at(row, found[0][0] if found else 0),
        snippet=_snippet(row.text, found),
    )


def _at(row: Any, char: int) -> float:
    """When a character of a passage was said: with its word, or as if all took the same time."""
    starts = msgspec.json.decode(row.starts, type=list[int])
    word = len(row.text[: char + 1].split()) - 1
    if word < len(starts):
        return seconds(row.start) + starts[word] / 1000
    return seconds(row.start) + seconds(row.end - row.start) * char / max(1, len(row.text))


def _snippet(text: str, found: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    first = found[0][0] if found else 0
    begin = _gap(text, first - AROUND) if first > AROUND else 0
    finish = _gap(text, first + 2 * AROUND) if len(text) > first + 2 * AROUND else len(text)
    pieces: list[Piece] = []
    at = begin
    for start, end in found:
        if start < finish:
            pieces += [Piece(text[at:start], hit=False), Piece(text[start:end], hit=True)]
            at = end
    pieces.append(Piece(text[at : max(at, finish)], hit=False))
    if begin:
        pieces.insert(0, Piece("… ", hit=False))
    if max(at, finish) < len(text):
        pieces.append(Piece("…", hit=False))
    return tuple(piece for piece in pieces if piece.text)


def _gap(text: str, near: int) -> int:
    """The end of the word before a place in a text, or the place where there is none near."""
    gap = text.rfind(" ", near - AROUND // 2, near)
    return gap + 1 if gap >= 0 else near


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 1 << 62
    if not _CURSOR.fullmatch(cursor):
        raise PeerError("The cursor is not one that a page of hits gave.")
    return int(cursor)
