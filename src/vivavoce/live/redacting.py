"""What must not be kept is taken out of what is said before anybody is told of it.

A session's events are made in one place and go from there to the log, to every client and into
the library, so that is the place to take something out: what was never said into the log cannot
leak from it. What is found becomes a mark, which is one word and has the time of what it stands
for. Interims show nothing that may turn out to be the beginning of something.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol, TypeVar

import msgspec

from vivavoce.config import Settings
from vivavoce.core.events import AnyEvent, Edited, Final, Interim, Revised, Translated
from vivavoce.core.types import Word
from vivavoce.library.redact import Redaction

REMEMBERED = 64
"""Utterances of which it is known what came before them, until their words get times."""

_Text = TypeVar("_Text", Final, Revised, Edited)

_TOKEN = re.compile(r"\S+")
_replace = msgspec.structs.replace


class Found(Protocol):
    """Characters of a text, and the mark that is to stand for them."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def mark(self) -> str: ...


class Redactor(Protocol):
    """Knows what is not to be read; `library/redact.py` has the one there is."""

    def find(self, text: str, before: str = "", *, ends: bool = True) -> Sequence[Found]:
        """Where it stands, in order and apart; `before`: how the utterance before it reads;
        `ends`: whether the utterance ends where the text does."""
        ...

    def settled(self, text: str) -> str:
        """A text that goes on, without the end that may be the beginning of something."""
        ...


def redactor(settings: Settings) -> Redactor | None:
    """Of what the settings name; None: nothing."""
    if not (settings.redact or settings.redact_names):
        return None
    return Redaction(settings.redact or (), settings.redact_names or ())


class Redacting:
    """One session's. `before`: its last final as it reads, where it is taken up again."""

    def __init__(self, redactor: Redactor, before: str = "") -> None:
        self._redactor = redactor
        self._before = before
        self._places: OrderedDict[str, str] = OrderedDict()  # utterances, and what was before
        self._stable = ("", "")  # the open utterance, and what was shown of it as stable

    def event(self, event: AnyEvent) -> AnyEvent:
        """The event that is to be told in the place of this one."""
        match event:
            case Interim():
                return self._interim(event)
            case Final():
                self._places[event.id] = self._before
                if len(self._places) > REMEMBERED:
                    self._places.popitem(last=False)
                final = redacted(self._redactor, event, self._before)
                self._before = final.text or self._before
                return final
            case Revised():
                return redacted(self._redactor, event, self._places.get(event.id, ""))
            case Translated():
                return annotation(self._redactor, event)
        return event

    def _interim(self, event: Interim) -> Interim:
        stable = self._shown(event.stable)
        id, known = self._stable
        if id == event.id and not stable.startswith(known):
            stable = known  # stable words only grow
        self._stable = event.id, stable
        whole = self._shown(event.stable + event.tail)
        tail = whole[len(stable) :] if whole.startswith(stable) else ""
        return _replace(event, stable=stable, tail=tail)

    def _shown(self, text: str) -> str:
        text = self._redactor.settled(text)
        return hidden(text, self._redactor.find(text, self._before, ends=False))


def annotation(redactor: Redactor, event: AnyEvent) -> AnyEvent:
    """The same for what people, and machines that read it again, say of a transcript."""
    match event:
        case Edited():
            return redacted(redactor, event, "")
        case Revised():
            return redacted(redactor, event, "")
        case Translated():
            return _replace(event, text=hidden(event.text, redactor.find(event.text)))
    return event


def redacted(redactor: Redactor, event: _Text, before: str) -> _Text:
    """One with words; `before`: how the utterance before it reads."""
    found = redactor.find(event.text, before)
    if not found:
        return event
    words = _words(redactor, event.text, event.words, found)
    return _replace(event, text=hidden(event.text, found), words=words)


def hidden(text: str, found: Sequence[Found]) -> str:
    """A text with its marks."""
    parts: list[str] = []
    at = 0
    for one in found:
        parts += [text[at : one.start], one.mark]
        at = one.end
    return "".join([*parts, text[at:]])


def _words(
    redactor: Redactor, text: str, words: tuple[Word, ...], found: Sequence[Found]
) -> tuple[Word, ...]:
    """The words with marks. An engine's words may be spelled otherwise than its text: then it
    is looked for in them, and where not as much is found there are no words."""
    spelled = " ".join(word.text.strip() for word in words)
    if spelled != " ".join(text.split()):
        text, before = spelled, len(found)
        found = redactor.find(text)
        if len(found) != before:
            return ()
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    if len(tokens) != len(words):
        return ()
    return tuple(_joined(text, tokens, words, found))


def _joined(
    text: str, tokens: Sequence[tuple[int, int]], words: Sequence[Word], found: Sequence[Found]
) -> list[Word]:
    """One word for all those that a mark stands for."""
    made: list[Word] = []
    first = 0
    for at, (_, end) in enumerate(tokens):
        if any(one.start < end < one.end for one in found):
            continue  # it goes on in the next
        start = tokens[first][0]
        here = [one for one in found if start <= one.start and one.end <= end]
        if here:
            spelled = hidden(text[:end], here)[start:]
            made.append(_replace(words[first], text=spelled, end=words[at].end, confidence=None))
        else:
            made += words[first : at + 1]
        first = at + 1
    return made
