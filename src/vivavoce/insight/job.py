"""One recording into one language: what of it waits, as its events say, and what has come back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from vivavoce.core.events import AnyEvent, Edited, Revised, Translated
from vivavoce.core.events import Final as Decided
from vivavoce.insight.citations import clean
from vivavoce.insight.passages import Passage

State = Literal["running", "done", "failed"]

LINES: Final = 30
"""Utterances of a batch."""
CHARS: Final = 4000
"""Characters of a batch, but for an utterance that has more alone."""
LONGER: Final = 4
"""Times as long as what it translates that a translation may be, and `SLACK` characters."""
SLACK: Final = 200

SCRIPT: Final = 4
"""Letters of a script in a tag of a language; a region has fewer."""

_LINE: Final = re.compile(r"\s*[\[【]\s*(\d{1,4})\s*[\]】]\s*(.*\S)\s*")


@dataclass
class Job:
    """Feed it every event of the recording, in order."""

    owner: str
    recording: str
    language: str
    state: State = "running"
    done: int = 0  # utterances
    total: int = 0  # utterances so far
    message: str = ""  # why it failed, or what is missing
    waiting: dict[str, str] = field(default_factory=dict)  # utterances in order, and their text
    tries: dict[str, int] = field(default_factory=dict)
    lines: int = LINES  # of the next batch
    _texts: dict[str, str] = field(default_factory=dict)  # how utterances read
    _edited: set[str] = field(default_factory=set)
    _spoken: set[str] = field(default_factory=set)  # what was said in this very language

    def note(self, event: AnyEvent) -> None:
        """What an event changes in what is to be translated."""
        match event:
            case Decided():
                if _same(event.language, self.language):
                    self._spoken.add(event.id)
                self._reads(event.id, event.text)
            case Revised() if event.id not in self._edited:
                self._reads(event.id, event.text)
            case Edited():
                self._edited.add(event.id)
                self._reads(event.id, event.text)
            case Translated(language=self.language):
                if self.waiting.pop(event.id, None) is not None:
                    self.done += 1

    def batch(self) -> list[Passage]:
        """The first that wait, numbered from 1."""
        batch: list[Passage] = []
        room = CHARS
        for number, (id, text) in enumerate(self.waiting.items(), 1):
            if batch and (number > self.lines or len(text) > room):
                break
            batch.append(Passage(number, id, 0.0, 0.0, text))
            room -= len(text)
        return batch

    def end(self) -> None:
        """Keep only what people may ask of it."""
        for held in (self.waiting, self.tries, self._texts, self._edited, self._spoken):
            held.clear()

    def _reads(self, id: str, text: str) -> None:
        text = " ".join(text.split())
        if self._texts.get(id) == text or id in self._spoken:
            return
        known = id in self._texts
        self._texts[id] = text
        if not text:
            self.waiting.pop(id, None)
            return
        if known and id not in self.waiting:
            self.done = max(0, self.done - 1)
        elif not known:
            self.total += 1
        self.waiting[id] = text
        self.tries.pop(id, None)


def longest(batch: Sequence[Passage]) -> int:
    """Characters that the translation of a batch may have."""
    return sum(LONGER * len(passage.text) + SLACK for passage in batch)


def translations(written: str, batch: Sequence[Passage]) -> Mapping[str, str]:
    """By utterance, in what a model wrote: each number's first line, as plain text."""
    by_number = {passage.number: passage for passage in batch}
    found: dict[str, str] = {}
    for line in written.splitlines():
        match = _LINE.fullmatch(line)
        passage = by_number.get(int(match[1])) if match else None
        if match and passage and passage.utterance not in found:
            text = " ".join(clean(match[2]).split())[: LONGER * len(passage.text) + SLACK]
            if text:
                found[passage.utterance] = text
    return found


def _same(spoken: str | None, language: str) -> bool:
    """Whether there is nothing to translate. `de` is any German; but `zh` need not be written
    as `zh-Hant` is."""
    theirs, ours = (spoken or "").lower().split("-"), language.lower().split("-")
    if theirs[0] != ours[0]:
        return False
    return theirs == ours or len(ours) == 1 or (len(theirs) == 1 and len(ours[1]) != SCRIPT)
