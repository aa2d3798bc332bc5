"""What can be seen of a server from outside: logs, metrics, traces."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from vivavoce.config.kinds import Lower


class Seen(BaseModel):
    log_format: Annotated[Literal["auto", "human", "json"], Lower] = Field(
        "auto", description="how lines are logged: human, json; auto: human on a terminal"
    )
    metrics: bool = Field(True, description="answer at /metrics, for Prometheus")
    traces: bool = Field(
        False, description="send traces to where OpenTelemetry's own variables say; needs [otel]"
    )
