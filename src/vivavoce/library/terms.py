"""Words as a search compares them: without case and accents.

Text and query are cut by the same rule, here and not in the database: what that gets is words
with spaces between them, so that any full-text index finds the same, and what it found can be
shown in the text.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple

_Kind = Literal["word", "alone", "mark", "gap"]

# Scripts that are written without spaces: Thai to Tibetan, Burmese, Khmer, kana, Han.
_ALONE: Final = re.compile(
    r"[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\U00020000-\U0003ffff]"
)
# Accents, and the vowel points of Hebrew and Arabic, which are mostly left out. Other marks,
# as those of Indic scripts, tell one word from another.
_ACCENTS: Final = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u064b-\u0652]+")
_QUOTES: Final = re.compile(r'["“”„«»]')


LONGEST: Final = 500
"""Characters of a word that are compared: no index takes one of any length."""


class Term(NamedTuple):
    """A word of a text, as it is compared, and the characters between which it stands."""

    text: str
    start: int
    end: int


class Phrase(NamedTuple):
    """Words that follow one another. `prefix`: the last one may go on."""

    terms: tuple[str, ...]
    prefix: bool


def terms(text: str) -> list[Term]:
    """The words of a text. A character of a script without spaces is one."""
    return [Term(plain(text[start:end])[:LONGEST], start, end) for start, end in _cut(text)]


def plain(text: str) -> str:
    """Text without case and accents, and without quotes or spaces that it may be made of."""
    if not text.isascii():
        bare = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFKC", bare).replace('"', "")
    return "".join(text.casefold().split())


def count_words(text: str) -> int:
    """How many words a text has, in the scripts without spaces: how many characters."""
    return len(_ALONE.sub(" x ", text).split())


def phrases(query: str) -> tuple[Phrase, ...]:
    """What a query asks for: each of its words, or what stands in quotes as it stands there.

    The last word may go on, unless its quotes are closed. Any text is a query; one without
    a letter or a digit asks for nothing.
    """
    parts = _QUOTES.split(query)
    found: list[Phrase] = []
    for i, part in enumerate(parts):
        pieces = [part] if i % 2 else part.split()
        cut = [tuple(term.text for term in terms(piece)) for piece in pieces]
        found += [Phrase(words, prefix=False) for words in cut if words]
        if i == len(parts) - 1 and cut and cut[-1]:
            found[-1] = found[-1]._replace(prefix=True)
    return tuple(found)


def spans(text: str, asked: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Where a text has what was asked for: characters, in order, none of them twice."""
    words = terms(text)
    found = sorted(
        (words[at].start, words[at + len(phrase.terms) - 1].end)
        for phrase in asked
        for at in range(len(words) - len(phrase.terms) + 1)
        if _fits(words, at, phrase)
    )
    apart: list[tuple[int, int]] = []
    for start, end in found:
        if apart and start < apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return apart


def _fits(words: Sequence[Term], at: int, phrase: Phrase) -> bool:
    *before, last = phrase.terms
    end = words[at + len(before)].text
    if not (end.startswith(last) if phrase.prefix else end == last):
        return False
    return all(words[at + i].text == term for i, term in enumerate(before))


def _cut(text: str) -> Iterator[tuple[int, int]]:
    begin: int | None = None
    alone = False
    for at, char in enumerate(text):
        kind = _kind(char)
        if kind == "mark":
            continue  # it is of the letter before
        if begin is not None and (alone or kind != "word"):
            yield begin, at
            begin = None
        if begin is None and kind != "gap":
            begin, alone = at, kind == "alone"
    if begin is not None:
        yield begin, len(text)


@lru_cache(maxsize=4096)
def _kind(char: str) -> _Kind:
    category = unicodedata.category(char)
    if category[0] == "M":
        return "mark"
    if category[0] not in "LN":
        return "gap"
    return "alone" if _ALONE.match(char) else "word"
