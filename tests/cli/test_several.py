"""What `vivavoce doctor` says of what several servers share."""

from pathlib import Path

import pytest

from vivavoce.cli import several
from vivavoce.config import Settings
from vivavoce.core.errors import Held
from vivavoce.testing.redis_server import RedisServer


def test_one_server_needs_nothing() -> None:
    assert several.redis_answers(Settings()).well
    assert several.volume_serves(Settings()).well


def test_a_redis_that_answers_is_named_without_its_password(redis: RedisServer) -> None:
    found = several.redis_answers(Settings(redis_url=redis.url))
    assert (found.well, found.found) == (True, f"redis://127.0.0.1:{redis.port}")


def test_a_redis_that_is_away_is_said_and_needed_by_nobody(redis: RedisServer) -> None:
    redis.stop()
    found = several.redis_answers(Settings(redis_url=redis.url))
    assert (found.well, found.needed) == (False, False)
    assert redis.password not in found.found


def test_a_disk_can_be_shared(tmp_path: Path) -> None:
    settings = Settings(redis_url="redis://localhost", data_dir=tmp_path / "new")
    assert several.volume_serves(settings).found == "has locks, links and fsync"
    assert list(settings.data_dir.iterdir()) == []


class Free:
    """A lock that everybody gets, as where locks are each machine's own."""

    def __init__(self, _folder: Path) -> None:
        pass

    def release(self) -> None:
        pass


def none(_folder: Path) -> Free:
    raise Held("No locks available.")


@pytest.mark.parametrize(("lock", "said"), [(none, "has no locks"), (Free, "keep nobody out")])
def test_a_volume_without_locks_is_said(
    lock: object, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(several, "Lease", lock)
    found = several.volume_serves(Settings(redis_url="redis://localhost", data_dir=tmp_path))
    assert (found.well, found.needed) == (False, False)
    assert said in found.found


def test_a_volume_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(redis_url="redis://localhost", data_dir=tmp_path / "file" / "data")
    assert "cannot be written" in several.volume_serves(settings).found
