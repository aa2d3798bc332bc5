"""E-mail addresses as they are written and as they are spoken: `ada dot byron at example dot com`.

What is certain of one is its middle: an at, and a domain with a dot after it. What stands before
the at belongs to it as far as it is joined: by dots, spelled in single letters, or digits after a
word. Where nobody wrote an @, the one word before `at` is taken too, whatever it is: a word too
much costs less than a name.
"""

import re
from collections.abc import Iterator
from typing import Final

_DOTS: Final = frozenset({"dot", "punkt", "punto", "point", "ponto", "punt"})
_ATS: Final = frozenset(
    {"at", "ät", "arroba", "arobase", "chiocciola", "klammeraffe", "apenstaartje"}
)
_JOINS: Final = _DOTS | {
    *("underscore", "unterstrich", "dash", "hyphen", "minus", "plus"),
    *("bindestrich", "tiret", "trattino", "guion", "streepje"),
}

OPEN: Final = 3
"""Words of a domain that may come before its first dot."""

_WORD: Final = re.compile(r"[^\s@]+")
_AT: Final = re.compile(rf"\s*@\s*|(?<=\S)\s+(?:{'|'.join(sorted(_ATS))})\s+", re.IGNORECASE)
_SAID: Final = "|".join(sorted(_DOTS))
_DOT: Final = rf"(?:\.(?=[^\W_])|\s+(?:{_SAID})\s+)"
_LABEL: Final = rf"(?!(?:{_SAID})\b)[^\W_][\w-]{{0,62}}"
_TOP: Final = rf"(?!(?:{_SAID})\b)[^\W\d_]{{2,24}}(?![\w@-])"
_DOMAIN: Final = re.compile(
    rf"(?:{_LABEL}\s+){{0,2}}?{_LABEL}(?:{_DOT}{_LABEL}){{0,4}}?{_DOT}{_TOP}(?:{_DOT}{_TOP}){{0,3}}",
    re.IGNORECASE,
)

_Word = tuple[int, int, str]


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where they stand in a text, in order."""
    end = 0
    for at in _AT.finditer(text):
        domain = _DOMAIN.match(text, at.end())
        if domain is None or at.start() < end:
            continue
        start = _local(_words(text[: at.start()]))
        if start < at.start():
            end = domain.end()
            yield start, end


def open_address(text: str) -> int:
    """Where one begins that the end of a text may be within: its last word is always such."""
    whole = text.rstrip()
    start = _local(_words(whole))
    for at in _AT.finditer(f"{whole} "):
        if _goes_on(whole[at.end() :]):
            start = min(start, _local(_words(whole[: at.start()])))
    return start


def _goes_on(after: str) -> bool:
    """Whether what follows an at may be a domain that is not over: a few words, and from their
    first dot on one word and one dot by turns."""
    words = [word for *_, word in _words(after)]
    first = next((at for at, word in enumerate(words) if at and word in _DOTS), len(words))
    turns = all((word in _DOTS) == (at % 2 == 0) for at, word in enumerate(words[first:]))
    return first <= OPEN and turns


def _local(words: list[_Word]) -> int:
    """Where the part before an at begins that these words end with."""
    at = len(words) - 1
    if at < 0:
        return 0
    if at and words[at][2] in _JOINS and words[at - 1][2] not in _JOINS:
        at -= 1
    numbered = False
    while at:
        here, before = words[at][2], words[at - 1][2]
        if before in _JOINS and at > 1 and words[at - 2][2] not in _JOINS:
            at -= 2
        elif len(before) == 1 and (len(here) == 1 or here.isdecimal()):
            at -= 1  # spelled
        elif here.isdecimal() and not numbered:
            at, numbered = at - 1, True
        else:
            break
    return words[at][0]


def _words(text: str) -> list[_Word]:
    """Without the brackets and quotes that a word may begin with."""
    found: list[_Word] = []
    for match in _WORD.finditer(text):
        bare = match[0].lstrip("(<[{\"'„“«,;:!?")
        if bare:
            found.append((match.end() - len(bare), match.end(), bare.casefold().rstrip(",")))
    return found
