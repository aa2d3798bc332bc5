"""What a model wrote, with its citations taken out and looked up.

A citation is the number of a passage in brackets: `[12]`, `[3, 4]`, `[7-9]`. One that names no
passage is dropped. All that a model writes is text: what controls a terminal is dropped too,
and nothing is read as HTML.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from vivavoce.insight.answer import Answer, Section, Sentence, Source
from vivavoce.insight.lexical import Index
from vivavoce.insight.passages import Passage
from vivavoce.insight.sentences import spans

SOURCES: Final = 12
"""Passages that one sentence may name; of more the first count."""

_JOINT: Final = r"\s*(?:[,;&\u2013-]|and)\s*#?"
_TAG: Final = re.compile(
    rf"[ \t]{{0,8}}[\[【]\s*#?(\d{{1,7}}(?:{_JOINT}\d{{1,7}}){{0,40}})\s*[\]】]"
)
_CLEANED: Final = re.compile(rf"{_TAG.pattern}|\*\*|[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BEGUN: Final = re.compile(r"(?:[ \t]{0,8}(?:[\[【][\s\d#,;&and\u2013-]{0,400})?|\*{1,2})$")
"""What may turn out to be a citation when more has come."""

_RANGE: Final = re.compile(r"(\d+)(?:\s*[\u2013-]\s*#?(\d+))?")
_HEADING: Final = re.compile(r"#{1,6}(?:\s+(.*))?$|\*\*(.+?)\*\*:?$")
_ITEM: Final = re.compile(r"\s*(?:[-*•·]|\d{1,2}[.)])\s+")


class Cleaner:
    """Takes citations out of a text that comes in pieces."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be shown now."""
        text = self._held + piece
        begun = _BEGUN.search(text)
        end = begun.start() if begun else len(text)
        self._held = text[end:]
        return clean(text[:end])

    def finish(self) -> str:
        """What was held back and is no citation."""
        rest, self._held = self._held, ""
        return clean(rest)


def clean(text: str) -> str:
    """Without citations, emphasis and control characters."""
    return _CLEANED.sub("", text)


class _Line(NamedTuple):
    text: str
    tags: list[tuple[int, list[int]]]  # where in the text, and the numbers


def read(written: str, passages: Sequence[Passage], *, truncated: bool = False) -> Answer:
    """The answer in what a model wrote about these passages. They may be some of a transcript:
    what is cited is looked up by its number."""
    by_number = {passage.number: passage for passage in passages}
    index = Index(passages)
    lines: list[str] = []
    sentences: list[Sentence] = []
    sections: list[tuple[str, int, tuple[Source, ...]]] = []
    for raw in written.strip().splitlines():
        heading, item = _HEADING.match(raw.strip()), _ITEM.match(raw)
        body = (heading[1] or heading[2] or "") if heading else raw[item.end() :] if item else raw
        line = _line(body.strip())
        if not any(map(str.isalnum, line.text)):
            lines.append("")
        elif heading:
            title = line.text.strip("#*: ")
            lines.append(f"## {title}")
            sections.append((title, len(sentences), _sources(_numbers(line.tags), by_number)))
        else:
            lines.append(f"- {line.text}" if item else line.text)
            sentences += _sentences(line, by_number, index)
    return Answer(
        "\n".join(_sparse(lines)), tuple(sentences), _sections(sections, len(sentences)), truncated
    )


def _line(raw: str) -> _Line:
    text, tags, at = "", [], 0
    for match in _TAG.finditer(raw):
        text += clean(raw[at : match.start()])
        tags.append((len(text), _expanded(match[1])))
        at = match.end()
    text += clean(raw[at:])
    left = len(text) - len(text.lstrip())
    return _Line(text.strip(), [(max(0, where - left), numbers) for where, numbers in tags])


def _expanded(numbers: str) -> list[int]:
    found: list[int] = []
    for match in _RANGE.finditer(numbers):
        first, last = int(match[1]), int(match[2] or match[1])
        found += range(first, min(last, first + SOURCES - 1) + 1) if last >= first else [first]
    return found


def _sentences(line: _Line, by_number: dict[int, Passage], index: Index) -> list[Sentence]:
    found = []
    after = -1
    for start, end in spans(line.text):
        own = [numbers for where, numbers in line.tags if after < where <= end]
        after = end
        sources = _sources([n for numbers in own for n in numbers], by_number)
        text = line.text[start:end]
        if sources:
            found.append(Sentence(text, sources, cited=True))
        else:
            closest = index.closest(text)
            found.append(Sentence(text, (Source.of(closest),) if closest else ()))
    return found


def _numbers(tags: list[tuple[int, list[int]]]) -> list[int]:
    return [number for _, numbers in tags for number in numbers]


def _sources(numbers: Sequence[int], by_number: dict[int, Passage]) -> tuple[Source, ...]:
    known = [by_number[n] for n in dict.fromkeys(numbers) if n in by_number]
    return tuple(Source.of(passage) for passage in known[:SOURCES])


def _sections(
    begun: list[tuple[str, int, tuple[Source, ...]]], sentences: int
) -> tuple[Section, ...]:
    ends = [*(first for _, first, _ in begun[1:]), sentences][: len(begun)]
    return tuple(
        Section(title, first, end - first, sources)
        for (title, first, sources), end in zip(begun, ends, strict=True)
    )


def _sparse(lines: list[str]) -> list[str]:
    """With one empty line where there were several."""
    return [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
