"""What a summary is to be like: the templates that there are, and those that people make.

A template's prompt says what to write. How to cite, and that a transcript is no instruction,
is said beside it (`prompts.py`), so nobody has to repeat it or can forget it.
"""

import re
from typing import Final, Literal

import msgspec

Form = Literal["points", "minutes", "chapters"]
"""What an extract makes of it where there is no language model."""

NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
PROMPT: Final = 4000
"""Characters of the longest prompt."""
MOST: Final = 100
"""Templates that one owner may have."""


class Template(msgspec.Struct, frozen=True):
    """`name` is its address: small letters, digits and hyphens, 40 at most."""

    name: str
    title: str
    prompt: str
    builtin: bool = False  # it cannot be deleted; deleting it resets it
    edited: bool = False  # a built-in one that somebody changed


_SHORT: Final = """\
Summarise what was said, in three to six sentences. Begin with what it was about and what came \
of it. Leave out greetings and small talk."""

_MINUTES: Final = """\
Write the minutes of this meeting, in three parts under these headings:
## Summary
Two to four sentences.
## Decisions
One item for each thing that was decided. If nothing was decided, say so in one sentence.
## Actions
One item for each thing that somebody is to do: who, what, and by when, as far as it was said. \
If there are none, say so in one sentence.
Do not call a decision what was only proposed, and give nobody a task that they were not given."""

_CHAPTERS: Final = """\
Divide it into chapters where the subject changes, in the order of the talk. Begin each chapter \
with a heading of at most eight words that ends with the number of the line with which the \
chapter begins, as in
## How the trial began [17]
and write one or two sentences about what is said in it. A chapter is rarely shorter than two \
minutes."""

BUILT_IN: Final = {
    template.name: template
    for template in (
        Template("short", "Short summary", _SHORT, builtin=True),
        Template("minutes", "Minutes, decisions, actions", _MINUTES, builtin=True),
        Template("chapters", "Chapters", _CHAPTERS, builtin=True),
    )
}

FORMS: Final[dict[str, Form]] = {"minutes": "minutes", "chapters": "chapters"}


def form(name: str) -> Form:
    """What an extract for this template looks like."""
    return FORMS.get(name, "points")
