"""What Azure Speech says of an utterance beside its text: who, in which language, how sure, and
the same in other languages. Times are in 100 ns since the turn began."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from vivavoce.core.events import Final as FinalEvent
from vivavoce.core.events import Revised, Speaker, Translated
from vivavoce.core.types import SAMPLE_RATE, Word

TICKS: Final = 10_000_000 // SAMPLE_RATE
"""Of 100 ns, per sample."""

UNKNOWN: Final = "Unknown"


@dataclass(slots=True)
class Phrase:
    """A final that may not be told yet. `since` is when it came, in seconds."""

    final: FinalEvent
    since: float
    words: Sequence[Word] = ()
    speaker: str | None = None
    translations: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.words = self.final.words
        self.speaker = _longest(self.words)

    def add(self, event: Revised | Speaker | Translated) -> None:
        match event:
            case Revised():
                self.words = event.words
            case Speaker():
                self.speaker = event.speaker
            case Translated():
                self.translations[event.language] = event.text


def _longest(words: Iterable[Word]) -> str | None:
    """Who of several speakers spoke for the longest time."""
    spoken: dict[str, int] = {}
    for word in words:
        if word.speaker is not None:
            spoken[word.speaker] = spoken.get(word.speaker, 0) + word.end - word.start
    return max(spoken, key=spoken.__getitem__, default=None)


def primary(language: str | None, candidates: Sequence[str]) -> dict[str, str]:
    """The language that was spoken, as the client named it, if it did."""
    if language is None:
        return {"Language": UNKNOWN, "Confidence": UNKNOWN}
    same = [c for c in candidates if c.lower().split("-")[0] == language.lower().split("-")[0]]
    exact = [candidate for candidate in same if candidate.lower() == language.lower()]
    return {"Language": [*exact, *same, language][0], "Confidence": "High"}


def translation(found: Mapping[str, str], wanted: Sequence[str]) -> dict[str, Any]:
    texts = [{"Language": tag, "Text": found[tag]} for tag in wanted if tag in found]
    missing = ", ".join(tag for tag in wanted if tag not in found)
    if not missing:
        return {"TranslationStatus": "Success", "Translations": texts}
    reason = f"The engine gave no translation to {missing}."
    return {"TranslationStatus": "Error", "FailureReason": reason, "Translations": texts}


def best(text: str, words: Sequence[Word], *, timed: bool) -> dict[str, Any]:
    """The only hypothesis that there is. It is as sure as its words are on average; 0 where
    the engine does not say."""
    sure = [word.confidence for word in words if word.confidence is not None]
    plain = " ".join(filter(None, map(_lexical, text.split())))
    said: dict[str, Any] = {
        "Confidence": round(sum(sure) / len(sure), 4) if sure else 0.0,
        "Lexical": plain,
        "ITN": plain,
        "MaskedITN": plain,
        "Display": text,
    }
    if timed:
        said["Words"] = [_word(word) for word in words if _lexical(word.text)]
    return said


def _word(word: Word) -> dict[str, Any]:
    said: dict[str, Any] = {
        "Word": _lexical(word.text),
        "Offset": word.start * TICKS,
        "Duration": (word.end - word.start) * TICKS,
    }
    return said if word.confidence is None else {**said, "Confidence": round(word.confidence, 4)}


def _lexical(word: str) -> str:
    """Without its capitals, and the punctuation around it."""
    marks = "".join(c for c in word if unicodedata.category(c).startswith("P"))
    return word.lower().strip(marks)
