"""Time that jumps."""

import asyncio
import time

import pytest

from vivavoce.testing.clock import virtual_time

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time()


async def test_half_a_minute_passes_at_once() -> None:
    clock = asyncio.get_running_loop().time
    real, virtual = time.monotonic(), clock()
    await asyncio.sleep(30)
    assert clock() - virtual >= 30
    assert time.monotonic() - real < 20


async def test_timers_go_off_in_their_order() -> None:
    order: list[int] = []

    async def after(seconds: int) -> None:
        await asyncio.sleep(seconds)
        order.append(seconds)

    await asyncio.gather(*(after(seconds) for seconds in (9, 1, 20, 5)))
    assert order == [1, 5, 9, 20]


async def test_work_in_a_thread_is_waited_for() -> None:
    async with asyncio.timeout(30):
        await asyncio.to_thread(time.sleep, 0.1)


async def test_what_hangs_reaches_its_timeout_at_once() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30):
            await asyncio.Event().wait()
