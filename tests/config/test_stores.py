"""Addresses of databases, buckets and Redis."""

import pytest

from vivavoce.config import explain, load_settings
from vivavoce.core.errors import SettingError

PASSWORD = "hunter2"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ada:{PASSWORD}@db.example.org/voice",
        f"postgres://ada:{PASSWORD}@db.example.org:5433/voice?sslmode=require",
        f"postgresql://ada:{PASSWORD}@[::1]/voice",
        "postgresql:///voice?host=/run/postgresql",
    ],
)
def test_addresses_of_databases(url: str) -> None:
    settings = load_settings(database_url=url)
    assert settings.database == url
    assert PASSWORD not in str(explain(settings)) + repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://ada:{PASSWORD}@db.example.org/voice",
        f"sqlite:///{PASSWORD}",
        f"postgresql://ada:{PASSWORD}/1@db.example.org/voice",
        f"postgresql://ada:{PASSWORD}@[::1/voice",
        PASSWORD,
    ],
)
def test_what_is_none_is_said_without_its_password(url: str) -> None:
    with pytest.raises(SettingError, match="it is to be postgresql://") as told:
        load_settings(database_url=url)
    assert PASSWORD not in told.value.message


@pytest.mark.parametrize("url", ["s3://talks", "az://talks/a/b", "gs://talks/a"])
def test_addresses_of_buckets(url: str) -> None:
    assert load_settings(blobs_url=f"{url}/").blobs_url == url


@pytest.mark.parametrize("url", ["talks/a", "/var/talks", "s3://", "ftp://talks", "s3:/talks", "T"])
def test_what_is_no_bucket(url: str) -> None:
    with pytest.raises(SettingError, match="it is to begin with s3://, az:// or gs://"):
        load_settings(blobs_url=url)


@pytest.mark.parametrize("url", ["s3://key:secret@talks", "az://talks?sig=a", "s3://talks/A#b"])
def test_a_bucket_s_address_has_no_secrets(url: str) -> None:
    with pytest.raises(SettingError, match="credentials go the cloud's own way"):
        load_settings(blobs_url=url)


def test_other_programs_name_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_BUCKET", "speech-transcription-1a2b")
    assert load_settings().blobs_url == "s3://speech-transcription-1a2b"
    monkeypatch.setenv("VIVAVOCE_BLOBS_URL", "gs://talks")
    assert load_settings().blobs_url == "gs://talks"


@pytest.mark.parametrize(
    "url",
    [
        f"redis://:{PASSWORD}@redis.example.org",
        f"rediss://ada:{PASSWORD}@redis.example.org:6380/2",
        f"redis://:{PASSWORD}@[::1]:6379/0",
    ],
)
def test_addresses_of_redis(url: str) -> None:
    settings = load_settings(redis_url=url)
    assert settings.redis == url
    assert PASSWORD not in str(explain(settings)) + repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        f"http://:{PASSWORD}@redis.example.org",
        f"redis://:{PASSWORD}/1@redis.example.org",
        f"redis://:{PASSWORD}@redis.example.org:0",
        f"redis://:{PASSWORD}@[::1/0",
        f"redis:///{PASSWORD}",
        PASSWORD,
    ],
)
def test_what_is_no_redis_is_said_without_its_password(url: str) -> None:
    with pytest.raises(SettingError, match="it is to be redis://") as told:
        load_settings(redis_url=url)
    assert PASSWORD not in told.value.message
