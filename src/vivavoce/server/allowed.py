"""How much one may have who asks with a key, or with none."""

from dataclasses import dataclass
from typing import Final

from vivavoce.config import Settings
from vivavoce.server.auth.principal import Limits, Principal

NOTHING: Final = Limits()
"""Of what a key may say."""


@dataclass(frozen=True, slots=True)
class Most:
    """What a key says that one may have, or else the settings."""

    connections: int  # at once
    requests: int  # in a minute
    minutes: int | None  # of audio in a day; None: as many as come
    upload_mb: int  # MiB of one upload, never more than the settings allow

    @classmethod
    def of(cls, who: Principal, settings: Settings) -> "Most":
        own = who.limits or NOTHING
        keyed = who.key is not None
        uploads = settings.max_upload_mb
        return cls(
            connections=own.connections
            or (settings.connections_per_key if keyed else settings.connections_per_address),
            requests=own.requests
            or (settings.requests_per_minute_per_key if keyed else settings.requests_per_minute),
            minutes=settings.audio_minutes_per_day if own.minutes is None else own.minutes,
            upload_mb=min(own.upload_mb or uploads, uploads),
        )
