"""Many who wait are woken a few at a time, and none is forgotten."""

import asyncio

import pytest

from vivavoce.live.turns import AT_ONCE, Turns

pytestmark = pytest.mark.anyio


async def test_all_are_woken_once_and_others_come_in_between() -> None:
    turns = Turns()
    order: list[str] = []

    async def watch(rung: int) -> None:
        await turns.after(rung)
        order.append("watcher")

    async def speak() -> None:
        order.append("speaker")

    watching = [asyncio.create_task(watch(turns.rung)) for _ in range(5 * AT_ONCE)]
    await asyncio.sleep(0)
    turns.ring()
    while not all(task.done() for task in watching):
        await asyncio.create_task(speak())
    assert order.count("watcher") == 5 * AT_ONCE
    assert order.index("speaker") < order.index("watcher") + AT_ONCE
    assert "speaker" in order[order.index("watcher") : -1], "it had its turns in between"


async def test_who_looked_before_it_rang_does_not_wait() -> None:
    turns = Turns()
    rung = turns.rung
    turns.ring()
    await asyncio.wait_for(turns.after(rung), 10)


async def test_who_comes_after_it_rang_waits_for_the_next() -> None:
    turns = Turns()
    turns.ring()
    waiting = asyncio.create_task(turns.after(turns.rung))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiting.done()
    turns.ring()
    await asyncio.wait_for(waiting, 10)


async def test_who_leaves_keeps_nobody_waiting() -> None:
    turns = Turns()
    tasks = [asyncio.create_task(turns.after(0)) for _ in range(3 * AT_ONCE)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    turns.ring()
    await asyncio.wait(tasks, timeout=10)
    assert all(task.done() for task in tasks)
