"""What talks to Redis ends, also when a cancellation is lost."""

import asyncio

import pytest

from vivavoce.live.replicas.ending import end
from vivavoce.testing.clock import virtual_time

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time()


async def test_a_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    lost = 0

    async def deaf() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                lost += 1
                if lost == 3:
                    raise

    async def broken() -> None:
        raise ZeroDivisionError

    tasks = [asyncio.create_task(deaf()), asyncio.create_task(broken())]
    await asyncio.sleep(0)
    await end(*tasks)
    assert lost == 3
    assert all(task.done() for task in tasks)
