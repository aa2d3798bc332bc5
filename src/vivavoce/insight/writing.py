"""Summaries and answers as a language model writes them: in pieces, then whole, with sources.

What is too long to be read at once is read in parts: notes of each, and the answer from the
notes. The numbers of passages go through, so that the last sentence still says where it was
said.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from vivavoce.insight import prompts
from vivavoce.insight.answer import Answer
from vivavoce.insight.citations import Cleaner, read
from vivavoce.insight.lexical import Index, around
from vivavoce.insight.model import LanguageModel, ModelError, Truncated, whole
from vivavoce.insight.passages import Passage, parts
from vivavoce.insight.prompts import Message

ANSWER: Final = 20_000
"""Characters of the longest answer."""

NOTE: Final = 400
"""Characters that the notes of one part have at least."""

ITEM: Final = 120
"""Characters of one of them, about."""

RELEVANT: Final = 40
"""Passages that are found for a question."""


class Progress(msgspec.Struct, frozen=True):
    """`done` of `total` requests: there are several where a transcript is read in parts."""

    done: int
    total: int


class Delta(msgspec.Struct, frozen=True):
    """More of the text that is being written."""

    text: str


async def summarise(
    model: LanguageModel,
    task: str,
    passages: Sequence[Passage],
    language: str | None,
    budget: int,
) -> AsyncGenerator[Progress | Delta | Answer]:
    """Pieces as they are written; the last is the answer. `budget`: characters of the
    transcript that one request may hold. Raises `ModelError`."""
    pieces = parts(passages, budget)
    if len(pieces) == 1:
        messages = prompts.summary(task, passages, language)
    else:
        written: list[str] = []
        total = len(pieces) + 1
        share = max(NOTE, budget // len(pieces))
        for at, piece in enumerate(pieces, 1):
            yield Progress(at - 1, total)
            asked = prompts.part(task, piece, language, at, len(pieces), share // ITEM + 1)
            written.append(await whole(model, asked, share))
        yield Progress(len(pieces), total)
        written = await _condensed(model, task, written, language, budget)
        messages = prompts.notes(task, written, language)
    async with aclosing(_told(model, messages, passages)) as told:
        async for item in told:
            yield item


async def answer(
    model: LanguageModel, question: str, passages: Sequence[Passage], budget: int
) -> AsyncGenerator[Delta | Answer]:
    """The same for a question, from what of the transcript has most to do with it."""
    chosen = await asyncio.to_thread(relevant, question, passages, budget)
    some = len(chosen) < len(passages)
    messages = prompts.question(question, chosen, some=some)
    async with aclosing(_told(model, messages, chosen)) as told:
        async for item in told:
            yield item


def relevant(question: str, passages: Sequence[Passage], budget: int) -> list[Passage]:
    """All passages where there is room for all; else those with the question's words and
    those beside them; where none has any, the first ones and the last."""
    if sum(len(p.line) + 1 for p in passages) <= budget:
        return list(passages)
    best = Index(passages).rank(question, RELEVANT)
    if not best:
        half = RELEVANT // 2
        best = [*passages[:half], *passages[-half:]]
    return around(best, passages, budget)


async def _condensed(
    model: LanguageModel, task: str, written: list[str], language: str | None, budget: int
) -> list[str]:
    """Notes of notes, until they can be read at once."""
    while sum(len(note) + 1 for note in written) > budget and len(written) > 1:
        groups = _grouped(written, budget)
        share = max(NOTE, budget // len(groups))
        items = share // ITEM + 1
        brief = f"Write shorter notes, at most {items} items, from which this can be done:\n{task}"
        written = [
            await whole(model, prompts.notes(brief, group, language), share) for group in groups
        ]
    return written


def _grouped(notes: Sequence[str], budget: int) -> list[list[str]]:
    """At least two in each, so that there are fewer every time."""
    groups: list[list[str]] = []
    room = 0
    for note in notes:
        if not groups or (len(note) > room and len(groups[-1]) > 1):
            groups.append([])
            room = budget
        groups[-1].append(note)
        room -= len(note) + 1
    return groups


async def _told(
    model: LanguageModel, messages: Sequence[Message], passages: Sequence[Passage]
) -> AsyncGenerator[Delta | Answer]:
    cleaner = Cleaner()
    written: list[str] = []
    truncated = False
    pieces: AsyncIterator[str] = model.write(messages, ANSWER)
    try:
        async for piece in pieces:
            written.append(piece)
            if shown := cleaner.feed(piece):
                yield Delta(shown)
    except Truncated:
        truncated = True
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()  # hangs up, where the reader did
    if shown := cleaner.finish():
        yield Delta(shown)
    found = await asyncio.to_thread(read, "".join(written), passages, truncated=truncated)
    if not found.sentences:
        raise ModelError(f"The language model {model.name} wrote nothing; try again.")
    yield found
