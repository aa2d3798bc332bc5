"""What is kept of recordings, and for how long."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from vivavoce.config.kinds import Names, names

Days = Annotated[int, Field(ge=0, le=36_500)]
Redacted = Annotated[
    tuple[Literal["numbers", "emails"], ...], Field(min_length=1), BeforeValidator(names)
]


class Keeping(BaseModel):
    audio_days: Days | None = Field(
        None, description="days after which the audio of a recording is deleted; none: never"
    )
    text_days: Days | None = Field(
        None, description="days after which its text is deleted; none: never"
    )
    redact: Redacted | None = Field(
        None, description="what of what is said is neither shown nor kept: numbers, emails"
    )
    redact_names: Names | None = Field(
        None, description="names that are neither shown nor kept, with commas between them"
    )
