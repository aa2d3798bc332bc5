"""What the REST interface takes and gives, as OpenAPI shows it."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Self

import msgspec
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from vivavoce.config import Settings
from vivavoce.config.keeping import Days
from vivavoce.core import types
from vivavoce.core.titles import LONGEST, title_from
from vivavoce.engines.base import Capabilities
from vivavoce.library import recording
from vivavoce.library.recording import Mode, RecordingState
from vivavoce.library.retention import Rules, Wish
from vivavoce.server.rest.patterns import form


class Use(BaseModel):
    """What one model of an engine was sent."""

    engine: str
    model: str
    seconds: float = Field(description="of audio")
    cost: float | None = Field(description="at the setting `prices`; null where it names none")

    @classmethod
    def of(cls, use: types.Use, settings: Settings) -> Self:
        cost = settings.cost(use.engine, use.samples)
        return cls(
            engine=use.engine, model=use.model, seconds=types.seconds(use.samples), cost=cost
        )


def _title(text: str) -> str:
    if (title := title_from(text)) is None:
        raise PydanticCustomError("no_title", "It has nothing that can be read")
    return title


Title = Annotated[str, StringConstraints(max_length=LONGEST), AfterValidator(_title)]
_ON_ONE_LINE: Final = r"^[^\p{Cc}\p{Zl}\p{Zp}]+$"
Tag = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=40, pattern=_ON_ONE_LINE),
    form("it is to be one line that can be read"),
]


class Recording(BaseModel):
    """One recording of the library."""

    id: str = Field(pattern="^[a-z0-9]{26}$")
    title: str
    created_at: datetime = Field(description="UTC")
    state: RecordingState
    reason: str | None = Field(description="why it ended, or the code of the error it failed with")
    duration: float = Field(description="seconds; 0 until it has ended")
    language: str | None = Field(description="BCP-47")
    engine: str | None
    model: str | None
    media_type: str = Field(description="of the audio")
    bytes: int = Field(description="of the audio")
    preview: str = Field(description="the first words")
    mode: Mode = Field(description="how the audio came")
    diarization: bool = Field(description="it was asked, or is known, who speaks")
    speakers: list[str] = Field(description="names or labels, in the order of their first words")
    words: int = Field(description="of the text")
    tags: list[str] = Field(description="in alphabetical order")
    deleted_at: datetime | None = Field(description="UTC; when it was put into the bin, if it is")
    keep: bool = Field(description="no rule deletes anything of it")
    audio_goes_at: datetime | None = Field(description="UTC; when a rule deletes its audio")
    text_goes_at: datetime | None = Field(description="UTC; when a rule deletes its text")
    audio_gone_at: datetime | None = Field(description="UTC; when a rule deleted its audio")
    text_gone_at: datetime | None = Field(description="UTC; when a rule deleted its text")
    use: list[Use] = Field(description="what was sent to engines; empty until it has ended")

    @classmethod
    def of(cls, row: recording.Recording, settings: Settings) -> Self:
        use = [Use.of(use, settings) for use in row.uses]
        rules = Rules(settings.audio_days, settings.text_days)
        audio, text = rules.goes_at(row, "audio"), rules.goes_at(row, "text")
        going = {"audio_goes_at": audio, "text_goes_at": text}
        return cls.model_validate(msgspec.structs.asdict(row) | {"use": use} | going)


class Page(BaseModel):
    """Recordings, newest first."""

    items: list[Recording]
    next: str | None = Field(description="the cursor of the next page; null on the last")


class Change(BaseModel):
    """What is to be changed; the rest stays as it is."""

    model_config = ConfigDict(extra="forbid")

    title: Title = ""
    tags: Annotated[list[Tag], Field(max_length=20)] = []
    keep: bool = Field(False, description="no rule deletes anything of it")
    audio_days: Days | None = Field(None, description="that its audio stays; null: no own rule")
    text_days: Days | None = Field(None, description="that its text stays; null: no own rule")

    def wish(self) -> Wish | None:
        """What is wished of the time that it stays; None: nothing."""
        names = {"keep", "audio_days", "text_days"} & self.model_fields_set
        return Wish(**self.model_dump(include=names)) if names else None


class DayUse(Use):
    """What one model of an engine was sent by the sessions that began on a day."""

    day: date = Field(description="UTC")


class Usage(BaseModel):
    """What was sent to engines by all sessions that have ended, in all and by the day."""

    engines: list[Use]
    days: list[DayUse]


class ErrorDetail(BaseModel):
    code: str
    message: str = Field(description="one sentence")
    retryable: bool = Field(description="whether the same request may succeed later")


class Error(BaseModel):
    """Every refusal has this form."""

    error: ErrorDetail


ANYWHERE: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Error, "description": "It cannot be read."},
    401: {"model": Error, "description": "A key is asked for, and this is none."},
    403: {"model": Error, "description": "The key is not for this."},
    404: {"model": Error, "description": "There is no such thing."},
    408: {"model": Error, "description": "The body does not get on."},
    413: {"model": Error, "description": "The body is too large."},
    429: {
        "model": Error,
        "description": "Too much was asked for; `Retry-After` says when to try again.",
    },
}
"""Refusals of every route, where it says nothing else."""


def _capabilities_schema() -> dict[str, Any]:
    _, parts = msgspec.json.schema_components((Capabilities,))
    schema: dict[str, Any] = parts["Capabilities"]
    return schema


EngineCapabilities = Annotated[dict[str, Any], WithJsonSchema(_capabilities_schema())]
"""The engine port's `Capabilities`; the schema is made from it, so the two cannot differ."""


class Engine(BaseModel):
    """An engine that this server knows."""

    name: str
    installed: bool
    capabilities: EngineCapabilities | None
    hint: str = Field(description="what to do where it cannot be used")


class Limits(BaseModel):
    """Of whoever asks."""

    max_upload_mb: int = Field(description="MiB of one upload")
    connections: int = Field(description="at once")
    requests_per_minute: int
    audio_minutes_per_day: int | None = Field(description="null: as many as come")
    max_frame: int = Field(description="bytes of one frame of the live protocol")
    grace: float = Field(description="seconds that a lost client has to come back")


class LanguageModel(BaseModel):
    model: str


class Info(BaseModel):
    """What this server is and can do."""

    version: str
    engine: EngineCapabilities
    chain: list[str] = Field(description="engines in order of preference")
    engines: list[Engine]
    limits: Limits
    formats: dict[str, str] = Field(description="transcript formats and their media types")
    bin_days: int = Field(description="days that recordings stay in the bin; 0: there is none")
    email: bool = Field(description="whether e-mail can be sent")
    language_model: LanguageModel | None = Field(
        description="of summaries, questions and translations; null: extracts only"
    )


class Health(BaseModel):
    status: str


class Ready(BaseModel):
    """`ready` is true when every part says `ok`; the others say what is wrong with them. `redis`
    is for information: a server without it serves. null: there is none."""

    ready: bool
    server: str
    engine: str
    data_dir: str
    library: str
    blobs: str
    redis: str | None
