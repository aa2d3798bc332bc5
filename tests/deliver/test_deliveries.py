"""What becomes of a letter that cannot be kept."""

from pathlib import Path

import pytest

from vivavoce.config import Settings
from vivavoce.core.errors import NotFound
from vivavoce.deliver.deliveries import Deliveries
from vivavoce.deliver.letter import Letter
from vivavoce.library import outbox
from vivavoce.library.database import Tables
from vivavoce.library.outbox import TooOften
from vivavoce.library.sql import SqlRepository

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"
LETTER = Letter("A talk", transcript="Hello there.")


@pytest.fixture
def deliveries(tmp_path: Path, repository: SqlRepository, tables: Tables) -> Deliveries:
    """Nothing of it is sent: it is not started."""
    settings = Settings(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_from="us@example.org")
    return Deliveries(settings, repository, tables)


async def test_where_too_many_wait_for_an_address_it_is_said(
    deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "WAITING", 1)
    await deliveries.post("local", ADA, LETTER)
    for recording in (None, "r1"):
        with pytest.raises(TooOften, match=f"As many e-mails wait for {ADA} as may; try again"):
            await deliveries.post("local", ADA, LETTER, recording)
    await deliveries.post("local", "bob@example.org", LETTER)


async def test_of_a_recording_that_was_deleted_nothing_is_sent(deliveries: Deliveries) -> None:
    with pytest.raises(NotFound, match="There is no recording r1"):
        await deliveries.post("local", ADA, LETTER, "r1")
