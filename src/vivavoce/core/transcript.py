"""`fold`: the transcript is what the events say, and nothing else."""

from collections.abc import Iterable

import msgspec

from vivavoce.core.events import (
    AnyEvent,
    Edited,
    Ended,
    Final,
    Gap,
    Marker,
    Revised,
    Speaker,
    Started,
    Translated,
)
from vivavoce.core.types import Word


class Utterance(msgspec.Struct, frozen=True, omit_defaults=True):
    """One utterance as it reads now. `revision` counts the readings after the final."""

    id: str
    start: int  # samples
    end: int  # samples
    text: str
    engine: str
    model: str
    language: str | None = None
    words: tuple[Word, ...] = ()
    track: int = 0
    speaker: str | None = None
    revision: int = 0
    edited_by: str | None = None
    translations: dict[str, str] = msgspec.field(default_factory=dict)


class Transcript(msgspec.Struct, frozen=True):
    """What was said, in order of start. Utterances with no text are left out."""

    utterances: tuple[Utterance, ...] = ()
    markers: tuple[Marker, ...] = ()
    gaps: tuple[Gap, ...] = ()
    language: str | None = None
    title: str | None = None
    duration: int = 0  # samples; 0 until the session has ended
    ended: str | None = None  # the reason in `Ended`, None while live

    @property
    def text(self) -> str:
        """All text, one utterance a line."""
        return "\n".join(u.text for u in self.utterances)


def fold(events: Iterable[AnyEvent]) -> Transcript:
    """The transcript that these events make. Unknown utterance ids are ignored."""
    utterances: dict[str, Utterance] = {}
    transcript = Transcript()
    for event in events:
        if isinstance(event, Final):
            utterances[event.id] = _utterance(event)
        elif isinstance(event, Revised | Speaker | Translated | Edited):
            if (old := utterances.get(event.id)) is not None:
                utterances[event.id] = _apply(old, event)
        else:
            transcript = _about(transcript, event)
    spoken = sorted((u for u in utterances.values() if u.text), key=lambda u: (u.start, u.track))
    return msgspec.structs.replace(transcript, utterances=tuple(spoken))


def _utterance(final: Final) -> Utterance:
    return Utterance(
        id=final.id,
        start=final.start,
        end=final.end,
        text=final.text,
        engine=final.engine,
        model=final.model,
        language=final.language,
        words=final.words,
        track=final.track,
    )


def _apply(old: Utterance, event: Revised | Speaker | Translated | Edited) -> Utterance:
    replace = msgspec.structs.replace
    match event:
        case Revised() if old.edited_by is None:
            return replace(
                old,
                text=event.text,
                words=event.words,
                engine=event.engine,
                model=event.model,
                revision=old.revision + 1,
            )
        case Edited() if event.base_revision == old.revision:
            return replace(old, text=event.text, edited_by=event.actor, revision=old.revision + 1)
        case Speaker():
            return replace(old, speaker=event.speaker)
        case Translated():
            return replace(old, translations={**old.translations, event.language: event.text})
    return old


def _about(transcript: Transcript, event: AnyEvent) -> Transcript:
    replace = msgspec.structs.replace
    match event:
        case Started():
            return replace(transcript, language=event.language, title=event.title)
        case Marker():
            return replace(transcript, markers=(*transcript.markers, event))
        case Gap():
            return replace(transcript, gaps=(*transcript.gaps, event))
        case Ended():
            return replace(transcript, duration=event.duration, ended=event.reason)
    return transcript
