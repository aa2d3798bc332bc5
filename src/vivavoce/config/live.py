"""Live sessions, and what is kept of them."""

from platformdirs import user_data_path
from pydantic import BaseModel, Field

from vivavoce.config.kinds import Folder


class Live(BaseModel):
    data_dir: Folder = Field(
        default_factory=lambda: user_data_path("vivavoce", appauthor=False),
        description="folder of the recordings",
    )
    language: str | None = Field(None, description="BCP-47 tag; none: the engine's own")
    endpoint_ms: int = Field(
        500, ge=100, le=10_000, description="milliseconds of silence that end an utterance"
    )
    max_utterance_ms: int = Field(
        20_000, ge=1000, le=30_000, description="milliseconds after which an utterance is cut"
    )
    interim_ms: int = Field(500, ge=100, le=10_000, description="milliseconds between interims")
    grace_s: float = Field(
        120, ge=0, le=86_400, description="seconds a lost client has to come back"
    )
    max_sessions: int | None = Field(
        None, ge=1, description="live sessions at once; none: what the cores can serve"
    )
    commit_ms: int = Field(
        100, ge=0, le=1000, description="milliseconds of audio that one fsync gathers"
    )
    bin_days: int = Field(
        30, ge=0, le=36_500, description="days that what is deleted stays in the bin; 0: none"
    )
