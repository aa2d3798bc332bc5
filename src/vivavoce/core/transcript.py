"""`fold`: the transcript is what the events say, and nothing else.

The page folds the same events itself (`studio/transcript/transcript.js`); both are held to one
corpus.
"""

from collections.abc import Iterable

import msgspec

from vivavoce.core.events import (
    AnyEvent,
    Edited,
    Ended,
    Final,
    Gap,
    Marker,
    Named,
    Revised,
    Speaker,
    Started,
    Translated,
)
from vivavoce.core.types import Word

_replace = msgspec.structs.replace


class Utterance(msgspec.Struct, frozen=True, omit_defaults=True):
    """One utterance as it reads now. `revision` counts the other texts it had since the final."""

    id: str
    start: int  # samples
    end: int  # samples
    text: str
    engine: str
    model: str
    language: str | None = None
    words: tuple[Word, ...] = ()
    track: int = 0
    speaker: str | None = None  # a label; `Transcript.names` may have a name for it
    speaker_by: str | None = None  # the person who said so
    revision: int = 0
    edited_by: str | None = None
    translations: dict[str, str] = msgspec.field(default_factory=dict)


class Transcript(msgspec.Struct, frozen=True):
    """What was said, in order of start. Utterances that read as nothing stand in `empty`."""

    utterances: tuple[Utterance, ...] = ()
    markers: tuple[Marker, ...] = ()
    gaps: tuple[Gap, ...] = ()
    language: str | None = None
    title: str | None = None
    duration: int = 0  # samples; 0 until the session has ended
    ended: str | None = None  # the reason in `Ended`, None while live
    names: dict[str, str] = msgspec.field(default_factory=dict)  # of speakers, by their labels
    empty: tuple[Utterance, ...] = ()  # struck out, or no words were found

    @property
    def text(self) -> str:
        """All text, one utterance a line."""
        return "\n".join(u.text for u in self.utterances)


class Fold:
    """A transcript that grows with its events. Unknown utterance ids are ignored."""

    def __init__(self, onto: Transcript | None = None) -> None:
        """`onto`: what the events before these made."""
        before = onto or Transcript()
        self._utterances = {u.id: u for u in (*before.utterances, *before.empty)}
        self._names = dict(before.names)
        self._about = before

    def add(self, event: AnyEvent) -> None:
        """The next event."""
        match event:
            case Final():
                self._utterances[event.id] = _utterance(event)
            case Revised() | Speaker() | Translated() | Edited():
                if (old := self._utterances.get(event.id)) is not None:
                    self._utterances[event.id] = _apply(old, event)
            case Named(name=""):
                self._names.pop(event.speaker, None)
            case Named():
                self._names[event.speaker] = event.name
            case _:
                self._about = _about(self._about, event)

    @property
    def transcript(self) -> Transcript:
        """What the events so far make."""
        ordered = sorted(self._utterances.values(), key=_place)
        return _replace(
            self._about,
            utterances=tuple(u for u in ordered if u.text),
            empty=tuple(u for u in ordered if not u.text),
            names=dict(self._names),
        )


def fold(events: Iterable[AnyEvent], onto: Transcript | None = None) -> Transcript:
    """The transcript that these events make, after those that made `onto`."""
    folded = Fold(onto)
    for event in events:
        folded.add(event)
    return folded.transcript


def _place(utterance: Utterance) -> tuple[int, int, int, str]:
    return utterance.start, utterance.track, utterance.end, utterance.id


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
    match event:
        case Revised() if old.edited_by is None:
            return _replace(
                old,
                text=event.text,
                words=event.words,
                engine=event.engine,
                model=event.model,
                revision=old.revision + (event.text != old.text),  # times alone are no new text
            )
        case Edited() if event.base_revision == old.revision:
            return _replace(
                old,
                text=event.text,
                words=event.words,
                edited_by=event.actor,
                revision=old.revision + 1,
            )
        case Speaker() if event.actor is not None or old.speaker_by is None:
            return _replace(
                old,
                speaker=event.speaker or None,
                speaker_by=event.actor,
                words=_labelled(old.words, event.words),
            )
        case Translated():
            return _replace(old, translations={**old.translations, event.language: event.text})
    return old


def _labelled(words: tuple[Word, ...], labels: tuple[str | None, ...]) -> tuple[Word, ...]:
    """The words with these labels; labels that are not one for each word count for none."""
    if len(labels) != len(words):
        labels = (None,) * len(words)
    pairs = zip(words, labels, strict=True)
    return tuple(_replace(word, speaker=label or None) for word, label in pairs)


def _about(transcript: Transcript, event: AnyEvent) -> Transcript:
    match event:
        case Started():
            return _replace(transcript, language=event.language, title=event.title)
        case Marker():
            return _replace(transcript, markers=(*transcript.markers, event))
        case Gap():
            return _replace(transcript, gaps=(*transcript.gaps, event))
        case Ended():
            return _replace(transcript, duration=event.duration, ended=event.reason)
    return transcript
