"""Buckets that cannot be used: each says why, and nothing secret; and what was not kept is kept
when they can be used again."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from vivavoce.core.errors import SettingError
from vivavoce.library import buckets
from vivavoce.library.blobs import BlobError, ObjectBlobs
from vivavoce.library.buckets import blobs_at
from vivavoce.testing.buckets import BUCKET, KEY, S3Server
from vivavoce.testing.relay import Relay

pytestmark = pytest.mark.anyio
AUDIO = "recordings/01m7vm3phbd0jvfg1w1yfv59qj/audio"
LARGE = bytes(range(256)) * 50_000  # three parts


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    return path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a minute here to see that nobody answers."""
    monkeypatch.setattr(buckets, "ANSWERS", timedelta(seconds=2))
    monkeypatch.setattr(buckets, "RETRIES", 1)


async def fails(blobs: ObjectBlobs, path: Path, why: str) -> None:
    """Whatever is asked of it."""
    with pytest.raises(BlobError, match=rf"^Cannot write {AUDIO} in s3://\S+: {why}\.$") as told:
        await blobs.put_file(AUDIO, path, "audio/wav")
    for ask in (blobs.check(), blobs.delete("recordings/a/"), blobs.create(AUDIO, b"")):
        with pytest.raises(BlobError, match=why):
            await ask
    said = told.value.message
    assert KEY["AWS_SECRET_ACCESS_KEY"] not in said
    assert KEY["AWS_ACCESS_KEY_ID"] not in said


async def test_a_bucket_that_is_not_there(s3: S3Server, s3_url: str, large: Path) -> None:
    missing = blobs_at(large.parent, "s3://vivavoce-missing/a")
    await fails(missing, large, r"there is no such bucket \(NoSuchBucket\)")


async def test_credentials_that_are_wrong(
    tmp_path: Path, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with S3Server(tmp_path) as own:
        for name, value in own.environment().items():
            monkeypatch.setenv(name, value)
        blobs = blobs_at(tmp_path, f"s3://{BUCKET}")
        await blobs.put_file(AUDIO, large, "audio/wav")
        await asyncio.to_thread(own.lock)
        await fails(blobs, large, r"its credentials \w.* \(InvalidAccessKeyId\)")


async def test_nobody_there(
    s3: S3Server, large: Path, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for name, value in s3.environment(port).items():
        monkeypatch.setenv(name, value)
    await fails(blobs_at(large.parent, f"s3://{BUCKET}"), large, "Connection refused")


@pytest.fixture
def relay(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    """A line to the server, that can be cut."""
    with Relay(s3.port) as relay:
        for name, value in s3.environment(relay.port).items():
            monkeypatch.setenv(name, value)
        yield relay


async def test_somebody_who_never_answers(
    s3: S3Server, large: Path, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # connections wait to be accepted
        for name, value in s3.environment(mute.getsockname()[1]).items():
            monkeypatch.setenv(name, value)
        await fails(blobs_at(large.parent, f"s3://{BUCKET}"), large, "it gives no answer")


async def test_a_line_that_breaks_in_the_middle(
    s3: S3Server, relay: Relay, large: Path, impatient: None
) -> None:
    blobs = blobs_at(large.parent, f"s3://{BUCKET}/broken")
    relay.breaks_after = 1 << 20  # bytes: a fifth of a part
    with pytest.raises(BlobError, match=f"Cannot write {AUDIO} in s3://{BUCKET}/broken"):
        await blobs.put_file(AUDIO, large, "audio/wav")
    assert f"broken/{AUDIO}" not in s3.objects()  # all or nothing
    relay.breaks_after = None
    await blobs.put_file(AUDIO, large, "audio/wav")
    assert s3.read(f"broken/{AUDIO}") == LARGE


async def test_a_line_that_breaks_once_is_not_noticed(
    s3: S3Server, relay: Relay, large: Path
) -> None:
    blobs = blobs_at(large.parent, f"s3://{BUCKET}/once")
    await blobs.put_file(AUDIO, large, "audio/wav")
    found = b""
    async for part in blobs.stream(AUDIO, 0, len(LARGE)):
        found += part
        if len(found) < 3 << 20:
            relay.cut()
            relay.mend()
    assert found == LARGE


@pytest.mark.parametrize(
    ("url", "variables"),
    [
        (
            "az://recordings/a",
            {"AZURE_STORAGE_ACCOUNT_NAME": "ada", "AZURE_STORAGE_ACCOUNT_KEY": "a2V5"},
        ),
        ("gs://recordings/a", {"GOOGLE_BEARER_TOKEN": "ya29.a"}),
    ],
)
async def test_other_clouds_are_made_of_their_own_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert blobs_at(tmp_path, url) is not None


async def test_an_account_that_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(
        SettingError, match="blobs_url: az://recordings cannot be used: no account is named"
    ):
        blobs_at(tmp_path, "az://recordings")
