"""Where recordings are kept, if not in the data directory, and what several servers share."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

CLOUDS: Final = ("s3", "az", "gs")

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class Stores(BaseModel):
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL for the library, postgresql://...; none: a file in data_dir"
    )
    blobs_url: str | None = Field(
        None,
        description="bucket for the audio: s3://, az:// or gs://, and its name; none: in data_dir",
    )

    redis_url: SecretStr | None = Field(
        None,
        description="Redis by which several servers share live sessions, redis://...; none: one",
    )

    @property
    def redis(self) -> str | None:
        """`redis_url`, with its password."""
        return None if self.redis_url is None else self.redis_url.get_secret_value()

    @property
    def database(self) -> str | None:
        """`database_url`, with its password."""
        return None if self.database_url is None else self.database_url.get_secret_value()

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and _address(value, "postgresql", "postgres") is None:
            raise _wrong("it is to be postgresql://user:password@host:port/name")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            address = _address(value, "redis", "rediss")
            if address is None or not address.hostname:
                raise _wrong("it is to be redis://user:password@host:port/number, or rediss://...")
        return value

    @field_validator("blobs_url")
    @classmethod
    def _bucket(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if _BUCKET.fullmatch(value):  # as other programs' variables name one
            return f"s3://{value}"
        scheme, _, rest = value.partition("://")
        if scheme not in CLOUDS or not rest.strip("/"):
            raise _wrong("it is to begin with s3://, az:// or gs:// and a bucket's name")
        if set(rest) & set("@?#:"):
            raise _wrong("it is a bucket's name and no more; credentials go the cloud's own way")
        return value.rstrip("/")


def _address(value: SecretStr, *schemes: str) -> SplitResult | None:
    """Its parts; None: it is no address of this kind."""
    try:
        parts = urlsplit(value.get_secret_value())
        return parts if parts.scheme in schemes and parts.port != 0 else None
    except ValueError:  # a port that is no number, say because of a / in the password
        return None


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("stores", "{sentence}", {"sentence": sentence})
