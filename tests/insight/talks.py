"""Recordings for tests: what was said, put into the library without a session."""

from collections.abc import Sequence
from datetime import UTC, datetime

from vivavoce.core.events import AnyEvent, Ended, Final, Numbered, Started
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.insight.passages import Passage
from vivavoce.library.recording import Changes, Recording, new_id
from vivavoce.library.repository import Repository

EVERY = 5
"""Seconds between the starts of two utterances."""

MEETING = (
    "Good morning everybody, and welcome to the meeting of the harbour board.",
    "The first thing today is the new crane at the northern pier.",
    "The crane costs two million pounds, and the bank wants an answer by Friday.",
    "Ada thinks that the crane should be leased and not bought.",
    "We agreed to lease the crane for three years.",
    "Grace will call the bank and tell them that we lease the crane.",
    "The second thing is the ferry timetable for the summer.",
    "Last summer the ferry was late on most Saturdays, and people missed their trains.",
    "The ferry company proposes to leave ten minutes earlier on Saturdays.",
    "We decided to try the new timetable in June.",
    "Linus has to print the timetable and put it up at the station.",
    "Thank you all, the next meeting is in March.",
)


def finals(texts: Sequence[str], language: str | None = None) -> list[AnyEvent]:
    """Utterances u1, u2, ... of four seconds, one every five."""
    step = EVERY * SAMPLE_RATE
    return [
        Final(
            id=f"u{n + 1}",
            start=n * step,
            end=n * step + 4 * SAMPLE_RATE,
            text=text,
            engine="scripted",
            model="scripted",
            language=language,
        )
        for n, text in enumerate(texts)
    ]


def passages(*texts: str) -> list[Passage]:
    """As `finals` would be read."""
    return [
        Passage(n, f"u{n}", (n - 1) * float(EVERY), (n - 1) * EVERY + 4.0, text)
        for n, text in enumerate(texts, 1)
    ]


async def recorded(
    repository: Repository,
    texts: Sequence[str] = MEETING,
    *more: AnyEvent,
    language: str | None = None,
) -> str:
    """The id of an ended recording in which this was said."""
    id, created = new_id(), datetime.now(UTC)
    await repository.create(
        Recording(id=id, owner="local", title="Talk", created_at=created, state="live")
    )
    events: list[AnyEvent] = [
        Started(session=id, engine="scripted", format=AudioFormat()),
        *finals(texts, language),
        *more,
        Ended(reason="finished", duration=len(texts) * EVERY * SAMPLE_RATE),
    ]
    log = [Numbered(n, 1, event) for n, event in enumerate(events, 1)]
    await repository.seal(id, log, Changes(state="done", reason="finished"))
    return id
