"""Summaries of recordings and answers to questions about them, by a model or without one."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Final

import msgspec

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.core.transcript import Transcript
from vivavoce.insight import writing
from vivavoce.insight.answer import Answer, Sentence, Source
from vivavoce.insight.extract import extract
from vivavoce.insight.lexical import Index
from vivavoce.insight.model import LanguageModel
from vivavoce.insight.passages import Passage, passages, revision
from vivavoce.insight.reading import Reader
from vivavoce.insight.templates import BUILT_IN, MOST, Template, form
from vivavoce.insight.writing import Delta, Progress
from vivavoce.library import summaries
from vivavoce.library.recording import new_id
from vivavoce.library.summaries import Summaries, Summary
from vivavoce.live.news import News
from vivavoce.telemetry.traces import noted

EXTRACT: Final = "extract"
"""What stands for the name of a model where there is none."""

SHORT: Final = "short"
"""The template for a text that comes without a wish."""

FOUND: Final = 5
"""Passages that are an answer where there is no model."""

_decode: Final = msgspec.json.Decoder(Answer).decode


class Empty(PeerError):
    """Nothing was said that something could be made of."""

    code, status = "empty", 409


class TooManyTemplates(PeerError):
    """As many templates as one may have."""

    code, status = "too_many", 409


class Kept(msgspec.Struct, frozen=True):
    """A summary with its words. `outdated`: the transcript reads otherwise by now."""

    summary: Summary
    answer: Answer
    outdated: bool = False


class Told(msgspec.Struct, frozen=True):
    """An answer to a question. `extract`: passages of the transcript, and nobody's words."""

    answer: Answer
    model: str
    extract: bool


Steps = AsyncGenerator[Progress | Delta | Kept]
Answering = AsyncGenerator[Delta | Told]


class Summariser:
    """`model`: None where there is none. `budget`: characters that it is sent at once."""

    def __init__(
        self,
        model: LanguageModel | None,
        budget: int,
        reader: Reader,
        kept: Summaries,
        news: News,
    ) -> None:
        self.model = model
        self._budget = budget
        self._reader = reader
        self._kept = kept
        self._news = news

    async def close(self) -> None:
        if self.model is not None:
            await self.model.close()

    async def templates(self, owner: str) -> list[Template]:
        """The built-in ones, as this owner changed them, then the owner's own by name."""
        own = {t.name: _template(t) for t in await self._kept.templates(owner)}
        first = [own.pop(name, built_in) for name, built_in in BUILT_IN.items()]
        return [*first, *own.values()]

    async def put_template(self, owner: str, name: str, title: str, prompt: str) -> Template:
        """Make or change one. Raises `TooManyTemplates`."""
        there = await self._kept.templates(owner)
        if len(there) >= MOST and name not in (template.name for template in there):
            raise TooManyTemplates(f"There are {MOST} templates at most; delete one first.")
        template = summaries.Template(name=name, title=title, prompt=prompt)
        await self._kept.put_template(owner, template)
        return _template(template)

    async def delete_template(self, owner: str, name: str) -> None:
        """A built-in one is as it came again. Raises `NotFound`."""
        if not await self._kept.delete_template(owner, name) and name not in BUILT_IN:
            raise NotFound(f"There is no template {name}.")

    async def summarise(
        self,
        owner: str,
        recording: str,
        template: str,
        language: str | None = None,
        *,
        extracted: bool = False,
    ) -> Steps:
        """What comes of it piece by piece, at last the summary, which is kept then.

        `extracted`: without the model, also where there is one. Raises `NotFound` (recording,
        template), `Empty`, `TooManySummaries`, `Held`; its steps may raise `ModelError`.
        """
        found = next((t for t in await self.templates(owner) if t.name == template), None)
        if found is None:
            raise NotFound(f"There is no template {template}.")
        said = await self._said(owner, recording, "summarise")
        await self._kept.check_room(recording)
        model = None if extracted else self.model
        return self._summary(model, owner, recording, found, language, said)

    async def unkept(self, owner: str, transcript: Transcript) -> Answer:
        """A short summary of what is no recording. Raises `Empty`, `ModelError`."""
        said = passages(transcript)
        if not said:
            raise Empty("There is nothing to summarise: there is no text.")
        short = next(t for t in await self.templates(owner) if t.name == SHORT)
        answer = Answer("")
        if self.model is None:
            return await asyncio.to_thread(extract, said, form(short.name))
        steps = writing.summarise(self.model, short.prompt, said, None, self._budget)
        async with aclosing(steps):
            async for step in steps:
                if isinstance(step, Answer):
                    answer = step
        return answer

    async def ask(self, owner: str, recording: str, question: str) -> Answering:
        """The answer, as it is written. Raises `NotFound`, `Empty`, `Held`; its steps may
        raise `ModelError`."""
        return self._answer(question, await self._said(owner, recording, "ask about"))

    async def of(self, owner: str, recording: str) -> list[Kept]:
        """The summaries of a recording, newest first."""
        rows = await self._kept.of(owner, recording)
        if not rows:
            return []
        now = passages(await self._reader.transcript(owner, recording))
        current = await asyncio.to_thread(revision, now)
        return [Kept(row, _decode(row.answer), row.revision != current) for row in rows]

    async def delete(self, owner: str, recording: str, summary: str) -> None:
        """Raises `NotFound`."""
        await self._kept.delete(owner, recording, summary)

    async def _said(self, owner: str, recording: str, what: str) -> list[Passage]:
        found = passages(await self._reader.transcript(owner, recording))
        if not found:
            raise Empty(f"There is nothing to {what}: no word of this recording is known yet.")
        return found

    async def _summary(
        self,
        model: LanguageModel | None,
        owner: str,
        recording: str,
        template: Template,
        language: str | None,
        said: Sequence[Passage],
    ) -> Steps:
        answer, began = Answer(""), time.monotonic()
        if model is None:
            answer = await asyncio.to_thread(extract, said, form(template.name))
            yield Delta(answer.text)
        else:
            steps = writing.summarise(model, template.prompt, said, language, self._budget)
            async with aclosing(steps):
                async for step in steps:
                    if isinstance(step, Answer):
                        answer = step
                    else:
                        yield step
        summary = Summary(
            id=new_id(),
            owner=owner,
            recording=recording,
            template=template.name,
            created_at=datetime.now(UTC),
            language=language if model else None,
            model=model.name if model else EXTRACT,
            extract=model is None,
            revision=revision(said),
            answer=msgspec.json.encode(answer).decode(),
        )
        await self._kept.add(summary)
        took = time.monotonic() - began
        noted("summary", took, recording=recording, template=template.name, model=summary.model)
        told = {"summary": summary.id, "template": template.name}
        self._news.mention(owner, "summary.made", recording, **told)
        yield Kept(summary, answer)

    async def _answer(self, question: str, said: Sequence[Passage]) -> Answering:
        if self.model is None:
            answer = await asyncio.to_thread(_passages, question, said)
            yield Delta(answer.text)
            yield Told(answer, EXTRACT, extract=True)
            return
        steps = writing.answer(self.model, question, said, self._budget)
        async with aclosing(steps):
            async for step in steps:
                if isinstance(step, Answer):
                    yield Told(step, self.model.name, extract=False)
                else:
                    yield step


def _passages(question: str, said: Sequence[Passage]) -> Answer:
    """The passages that have most of the question's words, in the order of the talk."""
    best = sorted(Index(said).rank(question, FOUND), key=lambda passage: passage.number)
    if not best:
        return Answer("Nothing in this recording has the words of the question.")
    sentences = tuple(Sentence(p.text, (Source.of(p),), cited=True) for p in best)
    return Answer("\n".join(f"- {p.text}" for p in best), sentences)


def _template(own: summaries.Template) -> Template:
    built_in = own.name in BUILT_IN
    return Template(own.name, own.title, own.prompt, builtin=built_in, edited=built_in)
