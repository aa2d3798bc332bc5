"""A session: an engine's results become events with ids, in one grammar for every engine.

    Started
    (Speech | Interim | Final | Speaker | Translated | Revised | Marker | Lagging
     | EngineSwitched | Gap | Warning)*
    Ended

Speech starts and ends in turns. Utterances are numbered as they are decided: `u1`, `u2`, ...
An interim bears the id that the next final will have. Finals are in order and never overlap.
After a final come its speaker and its translations, if there are any.
A `Revised` brings word times to a final that came without, and repeats its text.
Nothing follows `Ended`.
"""

from vivavoce.core.events import (
    AnyEvent,
    Ended,
    EngineSwitched,
    Final,
    Gap,
    Interim,
    Lagging,
    Marker,
    Revised,
    Speaker,
    Speech,
    Started,
    Translated,
    Warning,
)
from vivavoce.core.results import (
    Aligned,
    Decided,
    Flushed,
    Heard,
    Result,
    SpeechEnded,
    SpeechStarted,
    Switched,
)
from vivavoce.core.types import SAMPLE_RATE, AudioFormat

LAG = 5 * SAMPLE_RATE
"""Samples waiting undecoded before a live session says that it lags; half of it: caught up."""

UNTIMED = 32
"""Finals that are remembered for the times of their words."""


class Session:
    """`decided`, `end`, `speaking` and `quiet` (where speech last ended) are where an earlier
    server left off, when it is taken up again."""

    def __init__(
        self,
        engine: str,
        *,
        decided: int = 0,
        end: int = 0,
        speaking: bool = False,
        quiet: int = 0,
    ) -> None:
        self._engine = engine
        self._decided = decided
        self._end = end  # of the last final
        self._speaking = speaking
        self._quiet = quiet
        self._lagging = False
        self._over = False
        self._stable = ""
        self._untimed: dict[tuple[int, int], Final] = {}  # by where they were decided

    @property
    def over(self) -> bool:
        """Whether `Ended` is out."""
        return self._over

    def start(
        self, session: str, format: AudioFormat, language: str | None, title: str | None
    ) -> list[AnyEvent]:
        started = Started(
            session=session, engine=self._engine, format=format, language=language, title=title
        )
        return [started]

    def result(self, result: Result) -> list[AnyEvent]:
        """What an engine's result says to those who listen."""
        if self._over:
            return []
        match result:
            case SpeechStarted():
                return self._speech(True, result.at)
            case SpeechEnded():
                return self._speech(False, result.at)
            case Heard():
                return self._interim(result)
            case Decided():
                return self._final(result)
            case Aligned():
                return self._revised(result)
            case Flushed():
                return []  # it is for the one who asked
            case Switched():
                self._engine = result.engine
                return [
                    EngineSwitched(
                        at=result.at,
                        previous=result.previous,
                        engine=result.engine,
                        reason=result.reason,
                    )
                ]

    def mark(self, at: int, label: str) -> list[AnyEvent]:
        return [] if self._over else [Marker(at=at, label=label)]

    def gap(self, start: int, end: int, reason: str) -> list[AnyEvent]:
        return [] if self._over else [Gap(start=start, end=end, reason=reason)]

    def warn(self, code: str, message: str) -> list[AnyEvent]:
        return [] if self._over else [Warning(code=code, message=message)]

    def behind(self, samples: int) -> list[AnyEvent]:
        """How much audio waits undecoded; says so when it is a lot, and when it is over."""
        if self._over or (samples < LAG and not self._lagging):
            return []
        if self._lagging and samples >= LAG // 2:
            return []
        self._lagging = samples >= LAG
        return [Lagging(behind=samples if self._lagging else 0)]

    def end(self, reason: str, duration: int) -> list[AnyEvent]:
        """The last event, once."""
        if self._over:
            return []
        duration = max(duration, self._end, self._quiet)
        events = self._speech(False, duration)
        self._over = True
        return [*events, Ended(reason=reason, duration=duration)]

    def _speech(self, speaking: bool, at: int) -> list[AnyEvent]:
        if speaking == self._speaking or at < self._quiet:
            return []  # what another engine said of it stands
        self._speaking = speaking
        at = max(at, self._end)
        if not speaking:
            self._quiet = at
        return [Speech(state="started" if speaking else "ended", at=at)]

    def _interim(self, heard: Heard) -> list[AnyEvent]:
        # A native engine may take a word back that it called stable; we do not.
        if heard.stable.startswith(self._stable):
            self._stable, tail = heard.stable, heard.tail
        else:
            tail = (heard.stable + heard.tail)[len(self._stable) :]
        return [
            Interim(
                id=f"u{self._decided + 1}",
                start=max(heard.start, self._end),
                end=max(heard.end, self._end),
                stable=self._stable,
                tail=tail,
            )
        ]

    def _final(self, decided: Decided) -> list[AnyEvent]:
        self._decided += 1
        self._stable = ""
        start = max(decided.start, self._end)
        end = self._end = max(decided.end, start)
        final = Final(
            id=f"u{self._decided}",
            start=start,
            end=end,
            text=decided.text,
            engine=self._engine,
            model=decided.model,
            language=decided.language,
            words=tuple(word.within(start, end) for word in decided.words),
        )
        if final.text and not final.words:
            self._untimed[decided.start, decided.end] = final
            if len(self._untimed) > UNTIMED:
                del self._untimed[next(iter(self._untimed))]
        return [final, *_beside(decided, final.id)]

    def _revised(self, aligned: Aligned) -> list[AnyEvent]:
        final = self._untimed.pop((aligned.start, aligned.end), None)
        if final is None:
            return []
        words = tuple(word.within(final.start, final.end) for word in aligned.words)
        return [
            Revised(
                id=final.id, text=final.text, engine=final.engine, model=final.model, words=words
            )
        ]


def _beside(decided: Decided, id: str) -> list[AnyEvent]:
    """What is known of an utterance beside its words."""
    events: list[AnyEvent] = []
    if decided.speaker is not None:
        events.append(Speaker(id=id, speaker=decided.speaker))
    events += [Translated(id=id, language=t.language, text=t.text) for t in decided.translations]
    return events
