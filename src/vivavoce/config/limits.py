"""How much one client, one key and all of them together may ask for."""

from pydantic import BaseModel, Field

from vivavoce.config.kinds import Networks


class Limits(BaseModel):
    max_connections: int | None = Field(
        None, ge=1, description="connections at once; none: what the files it may open allow"
    )
    connections_per_address: int = Field(
        1000, ge=1, description="connections at once from one address"
    )
    connections_per_key: int = Field(
        1000, ge=1, description="requests and WebSockets at once with one key"
    )
    requests_per_minute: int = Field(
        6000, ge=1, description="requests and WebSockets a minute from one address"
    )
    requests_per_minute_per_key: int = Field(
        6000, ge=1, description="requests and WebSockets a minute with one key"
    )
    audio_minutes_per_day: int | None = Field(
        None, ge=0, description="minutes of audio a day of one owner; none: as many as come"
    )
    unlimited_networks: Networks = Field(
        ("127.0.0.0/8", "::1/128"),
        description="networks and addresses for which no limit of one address holds",
    )
    headers_s: float = Field(
        20, gt=0, le=3600, description="seconds that a client has for the headers of a request"
    )
    body_s: float = Field(
        60, gt=0, le=3600, description="seconds in which a request's body has to get on"
    )
    stalled_s: float = Field(
        300, gt=0, le=86_400, description="seconds that a client may read nothing of its answer"
    )
