"""What the routes of summaries, questions and translations take and give, as OpenAPI shows it."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vivavoce.insight import answer, summariser, templates
from vivavoce.insight.job import Job
from vivavoce.insight.templates import NAME, PROMPT
from vivavoce.server.rest.patterns import form

Language = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$", max_length=35),
    form("it is to be a tag of a language, as de or pt-BR"),
]
"""A BCP-47 tag."""

TemplateName = Annotated[
    str,
    StringConstraints(pattern=f"^{NAME.pattern}$"),
    form("it is to be 1 to 40 small letters, digits and hyphens, at the ends no hyphen"),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewSummary(_Body):
    template: TemplateName = "short"
    language: Language | None = Field(None, description="to write in; none: the transcript's")
    extract: bool = Field(False, description="sentences as they were said, also where a model is")


class NewQuestion(_Body):
    question: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)
    ]


class NewTranslation(_Body):
    language: Language


class NewTemplate(_Body):
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    prompt: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=PROMPT)
    ]


class Template(BaseModel):
    """What a summary is to be like."""

    name: str
    title: str
    prompt: str
    builtin: bool = Field(description="deleting it makes it as it came")
    edited: bool = Field(description="a built-in one that was changed")

    @classmethod
    def of(cls, template: templates.Template) -> Self:
        return cls.model_validate(msgspec.structs.asdict(template))


class Templates(BaseModel):
    """The built-in ones, then one's own by name."""

    items: list[Template]


class Source(BaseModel):
    """Where something was said."""

    utterance: str
    start: float = Field(description="seconds")
    end: float = Field(description="seconds")


class Sentence(BaseModel):
    text: str
    sources: list[Source]
    cited: bool = Field(
        description="whether the sources were named; else they were found by the words they share"
    )


class Section(BaseModel):
    """A heading, and the sentences under it: `count` of them from the `first` on."""

    title: str
    first: int
    count: int
    sources: list[Source] = Field(description="of a chapter: where it begins")


class _Written(BaseModel):
    text: str = Field(description="plain; headings begin with `## `, items with `- `")
    sentences: list[Sentence]
    sections: list[Section]
    truncated: bool = Field(description="it is as long as may be, and ends in the middle")
    model: str = Field(description="`extract` where there is none")
    extract: bool = Field(description="only sentences of the transcript, by no language model")


class Summary(_Written):
    """A summary of one state of a recording's transcript."""

    id: str
    template: str
    created_at: datetime = Field(description="UTC")
    language: str | None = Field(description="BCP-47, where one was asked for")
    revision: str = Field(description="of the transcript")
    outdated: bool = Field(description="the transcript reads otherwise by now")

    @classmethod
    def of(cls, kept: summariser.Kept) -> Self:
        row = kept.summary
        return cls(
            id=row.id,
            template=row.template,
            created_at=row.created_at,
            language=row.language,
            revision=row.revision,
            outdated=kept.outdated,
            model=row.model,
            extract=row.extract,
            **_written(kept.answer),
        )


class Summaries(BaseModel):
    """Newest first."""

    items: list[Summary]


class Answer(_Written):
    """An answer to a question. It is not kept."""

    @classmethod
    def of(cls, told: summariser.Told) -> Self:
        return cls(model=told.model, extract=told.extract, **_written(told.answer))


class Translation(BaseModel):
    """What the language model does, or did since the server started, for one language."""

    language: str
    state: Literal["running", "done", "failed"]
    done: int = Field(description="utterances that are translated")
    total: int = Field(description="utterances that were to be, so far")
    message: str = Field(description="what went wrong; empty: nothing")

    @classmethod
    def of(cls, job: Job) -> Self:
        return cls(
            language=job.language,
            state=job.state,
            done=job.done,
            total=job.total,
            message=job.message,
        )


class Translations(BaseModel):
    items: list[Translation]


def _written(made: answer.Answer) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(made)
    return found
