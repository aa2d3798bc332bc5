"""`vivavoce usage`, on a library that a server would have left."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

from vivavoce.core.types import Use
from vivavoce.library.migrations import upgrade
from vivavoce.library.sql import FILE, SqlRepository
from vivavoce.library.sqlite import Sqlite

HOUR = 16_000 * 3600


async def filled(data: Path) -> None:
    repository = await SqlRepository.open(data)
    for day in (1, 2):
        uses = [Use("aws", "m", HOUR), Use("azure", "n", HOUR // 2)]
        await repository.count("local", date(2026, 11, day), uses)
    await repository.close()


def lines(done: Any) -> list[list[str]]:
    assert (done.returncode, done.stderr) == (0, "")
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_totals_and_days_with_what_they_cost(run: Any, tmp_path: Path) -> None:
    asyncio.run(filled(tmp_path))
    where = ("--data-dir", str(tmp_path))
    assert lines(run("usage", *where, VIVAVOCE_PRICES="azure=1.10")) == [
        ["Engine", "Model", "Seconds", "Cost"],
        ["aws", "m", "7200.0", ""],
        ["azure", "n", "3600.0", "1.1000"],
    ]
    assert lines(run("usage", "--days", "--since", "2026-11-02", *where)) == [
        ["Day", "Engine", "Model", "Seconds", "Cost"],
        ["2026-11-02", "aws", "m", "3600.0", ""],
        ["2026-11-02", "azure", "n", "1800.0", ""],
    ]


def test_a_library_from_before_has_none(run: Any, tmp_path: Path) -> None:
    asyncio.run(upgrade(Sqlite(tmp_path / FILE), "0001"))
    assert len(lines(run("usage", "--data-dir", str(tmp_path)))) == 1


def test_what_is_wrong_is_said_in_a_sentence(run: Any, tmp_path: Path) -> None:
    done = run("usage", "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert "There is no library in" in done.stderr
    done = run("usage", VIVAVOCE_PRICES="azure=cheap")
    assert done.stderr == (
        "vivavoce: prices cannot be 'azure=cheap' (VIVAVOCE_PRICES in the environment): "
        "the price of azure is 'cheap', and has to be a number, 0 or more.\n"
    )
