"""Where sentences end. Pure, and the same for transcripts and for what a model writes."""

import re
from typing import Final

_END: Final = re.compile(
    r"""[.!?…]{1,8}["'\u201d\u2019»)\]]{0,8}(?=\s)|[。\uff01\uff1f]+[」』\uff09]*"""
)
_SHORT: Final = re.compile(
    r"(?:^|\s)(?:[A-Z]|[Mm]rs?|Ms|Dr|Prof|St|Sr|Jr|vs|etc|approx|no|No|e\.g|i\.e|z\.B|bzw|ca)\.$"
)
"""What ends with a full stop and ends no sentence."""

LOOK: Final = 12
"""Characters before an end in which such a thing is looked for: more than any of them has."""


def spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence in the text, without the space between them."""
    found: list[tuple[int, int]] = []
    start = _skip(text, 0)
    for match in _END.finditer(text):
        end = match.end()
        after = _skip(text, end)
        if after >= len(text):
            break
        if _SHORT.search(text[max(start, end - LOOK) : end]) or text[after].islower():
            continue
        found.append((start, end))
        start = after
    if start < len(text):
        found.append((start, len(text.rstrip())))
    return found


def split(text: str) -> list[str]:
    """The sentences, verbatim."""
    return [text[start:end] for start, end in spans(text)]


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
