"""One turn of Azure Speech: what its client is told of a session's events.

    turn.start  speech.startDetected  (speech.hypothesis*  speech.phrase)*
    speech.endDetected  speech.phrase (EndOfDictation)  turn.end

Of the next utterance nothing is told before the phrase of the last one, which may wait for the
times of its words. Where one phrase was asked for, the turn ends with it. A translation has
other names for hypotheses and phrases. Times are in 100 ns since the turn began.

A client sends again what it does not know to be done with, in milliseconds: so the last phrase
reaches to the end of the last one that it began.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from vivavoce.core.events import (
    AnyEvent,
    Ended,
    Interim,
    Lagging,
    Revised,
    Speaker,
    Speech,
    Translated,
)
from vivavoce.core.events import Final as FinalEvent
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.dialects.azure_speech_messages import compose
from vivavoce.dialects.azure_speech_options import Asked
from vivavoce.dialects.azure_speech_phrase import (
    TICKS,
    UNKNOWN,
    Phrase,
    best,
    primary,
    translation,
)

PER_MS: Final = 10_000  # ticks

PATIENCE: Final = 2.0
"""Seconds that a phrase waits for the times of its words, where the client wants them."""


@dataclass(frozen=True, slots=True)
class Promises:
    """What the engines say of an utterance, beside its text."""

    words: bool = False  # when its words were, if not at once
    speakers: bool = False
    language: str | None = None  # the only one that they know


class Turn:
    """`id` gives each utterance one; `now` tells the time in seconds."""

    def __init__(
        self,
        request: str,
        asked: Asked,
        promises: Promises,
        id: Callable[[], str],
        now: Callable[[], float],
    ) -> None:
        self.request = request
        self.asked = asked
        self.over = False  # whether turn.end is out
        self.quiet = True  # whether nobody spoke so far
        self.lagging = False
        self._promises = promises
        self._id = id
        self._now = now
        self._name = id()  # of the utterance that is open
        self._waiting: deque[Phrase] = deque()
        self._begun = False  # whether the client knows that somebody spoke
        self._speaking = False
        self._spoke = 0  # where speech last began or ended
        self._guests: list[str] = []
        self._kind = "translation" if asked.translate_to else "speech"

    def begin(self) -> list[str]:
        return [self._say("turn.start", {"context": {"serviceTag": self._id()}})]

    def hear(self, event: AnyEvent | None, end_ms: int | None = None) -> list[str]:
        """What is said of an event; None: time passed. `end_ms`: how long the audio is, where
        more is known of it than the last event says."""
        return [] if self.over else [*self._hear(event, end_ms)]

    def end(self, end_ms: int) -> list[str]:
        """There is no more, and what was heard is told already."""
        return [] if self.over else [*self._end(end_ms)]

    def _hear(self, event: AnyEvent | None, end_ms: int | None) -> Iterator[str]:
        self._take(event)
        beside = isinstance(event, FinalEvent | Speaker | Translated)
        yield from self._tell(at_once=isinstance(event, Ended), beside=beside)
        if self.over:
            return
        match event:
            case Interim() if event.stable + event.tail and not self._waiting:
                yield self._hypothesis(event)
            case Speech(state="started") if not self._begun:
                self._begun = True
                yield self._say("speech.startDetected", {"Offset": event.at * TICKS})
            case Ended(reason="finished"):
                yield from self._end(-(-event.duration * 1000 // SAMPLE_RATE), end_ms or 0)

    def _take(self, event: AnyEvent | None) -> None:
        match event:
            case FinalEvent():
                self.quiet = not (event.text or self._speaking)
                if event.text:
                    self._waiting.append(Phrase(event, self._now()))
            case Speech():
                self.quiet, self._speaking = False, event.state == "started"
                self._spoke = event.at
            case Interim():
                self.quiet = False
            case Lagging():
                self.lagging = event.behind > 0
            case Revised() | Speaker() | Translated():
                for phrase in self._waiting:
                    if phrase.final.id == event.id:
                        phrase.add(event)

    def _tell(self, *, at_once: bool, beside: bool) -> Iterator[str]:
        """The phrases that wait for nothing more, in order. `beside`: what is known of a final
        beside its words may still follow, with nothing else in between."""
        while self._waiting and not self.over:
            phrase = self._waiting[0]
            if not at_once and (self._untold(phrase, beside) or self._untimed(phrase)):
                return
            self._waiting.popleft()
            yield from self._phrase(phrase)

    def _untold(self, phrase: Phrase, beside: bool) -> bool:
        if not beside or phrase is not self._waiting[-1]:
            return False
        unnamed = self.asked.speakers and self._promises.speakers and phrase.speaker is None
        return unnamed or len(phrase.translations) < len(self.asked.translate_to)

    def _untimed(self, phrase: Phrase) -> bool:
        wanted = self.asked.detailed or self.asked.words
        awaited = wanted and self._promises.words and not phrase.words
        return awaited and self._now() - phrase.since < PATIENCE

    def _phrase(self, phrase: Phrase) -> Iterator[str]:
        final = phrase.final
        yield self._said(
            "phrase", final.text, final.start, final.end, phrase.speaker, **self._beside(phrase)
        )
        self._name = self._id()
        if self.asked.once:
            yield from self._silent(final.end)
            yield from self._over()

    def _hypothesis(self, interim: Interim) -> str:
        text = (interim.stable + interim.tail).strip()
        said: dict[str, Any] = {}
        if self.asked.translate_to:
            said["Translation"] = {"TranslationStatus": "Success", "Translations": []}
        return self._said("hypothesis", text, interim.start, interim.end, None, **said)

    def _said(
        self, kind: str, text: str, start: int, end: int, speaker: str | None, **more: Any
    ) -> str:
        plain = kind == "phrase" and not self.asked.translate_to
        said: dict[str, Any] = {"Id": self._name}
        if kind == "phrase":
            said["RecognitionStatus"] = "Success"
        said["DisplayText" if plain else "Text"] = text
        said |= {"Offset": start * TICKS, "Duration": (end - start) * TICKS, "Channel": 0}
        if self.asked.speakers:
            said["SpeakerId"] = self._guest(speaker)
        return self._say(f"{self._kind}.{kind}", said | more)

    def _beside(self, phrase: Phrase) -> dict[str, Any]:
        said: dict[str, Any] = {}
        if self.asked.languages:
            language = phrase.final.language or self._promises.language
            said["PrimaryLanguage"] = primary(language, self.asked.languages)
        if self.asked.translate_to:
            said["Translation"] = translation(phrase.translations, self.asked.translate_to)
        elif self.asked.detailed or self.asked.words:
            said["NBest"] = [best(phrase.final.text, phrase.words, timed=self.asked.words)]
        return said

    def _guest(self, speaker: str | None) -> str:
        """A speaker's name, as Microsoft's: Guest-1 spoke first."""
        if speaker is None:
            return UNKNOWN
        if speaker not in self._guests:
            self._guests.append(speaker)
        return f"Guest-{self._guests.index(speaker) + 1}"

    def _silent(self, at: int) -> Iterator[str]:
        """Not before all is said: a client that hears it ends its turn, and begins another."""
        if self._begun:
            yield self._say("speech.endDetected", {"Offset": at * TICKS})

    def _end(self, *milliseconds: int) -> Iterator[str]:
        yield from self._silent(self._spoke)
        end = max(milliseconds) * PER_MS
        if self.asked.once:
            said = {"RecognitionStatus": "InitialSilenceTimeout", "Offset": 0, "Duration": end}
        else:
            said = {"RecognitionStatus": "EndOfDictation", "Offset": end, "Duration": 0}
        text = "Text" if self.asked.translate_to else "DisplayText"
        yield self._say(f"{self._kind}.phrase", {"Id": self._name, text: "", **said, "Channel": 0})
        yield from self._over()

    def _over(self) -> Iterator[str]:
        self.over = True
        yield self._say("turn.end", {})

    def _say(self, path: str, body: dict[str, Any]) -> str:
        return compose(path, self.request, body)
