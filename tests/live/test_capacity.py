"""How many live streams a machine holds."""

import pytest

from vivavoce.core.results import Reading
from vivavoce.engines.base import Urgency, Window
from vivavoce.live.capacity import FINAL, INTERIM, ROUNDS, TIMES, keep_measuring, live_streams
from vivavoce.testing.local import LocalHosts

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vivavoce.live.capacity.APART", 0.0)


async def test_a_native_engine_cannot_be_measured() -> None:
    assert await live_streams(LocalHosts("scripted-native"), 2, 8000) is None


async def test_it_is_measured_with_real_speech_on_every_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hosts = LocalHosts("scripted")
    windows: list[Window] = []
    now = 0.0

    async def decode(window: Window, urgency: Urgency) -> Reading:
        nonlocal now
        windows.append(window)
        assert urgency is Urgency.INTERIM  # by the model that is used when there is no room
        now += (0.020 if len(window.pcm) == INTERIM else 0.035) / 2  # two side by side
        return Reading(text="")

    monkeypatch.setattr(hosts, "decode", decode)
    monkeypatch.setattr("time.perf_counter", lambda: now)
    assert await live_streams(hosts, 2, 8000) == 24
    assert len(windows) == 2 * 2 * ROUNDS
    assert {len(window.pcm) for window in windows} == {INTERIM, FINAL}
    assert abs(windows[0].pcm).max() > 0.1


async def test_finals_that_are_always_dear_are_measured_dear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hosts = LocalHosts("scripted")
    now = 0.0

    async def decode(window: Window, urgency: Urgency) -> Reading:
        nonlocal now
        now += (0.020 if urgency is Urgency.INTERIM else 0.080) / 2
        return Reading(text="")

    monkeypatch.setattr(hosts, "decode", decode)
    monkeypatch.setattr(type(hosts), "dear", True)
    monkeypatch.setattr("time.perf_counter", lambda: now)
    assert await live_streams(hosts, 2, 8000) == 19


async def test_a_busy_start_is_measured_again_while_nobody_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured = iter((3, 2, 9, 7))
    asked: list[int] = []
    told: list[int] = []

    async def live_streams(*_: object) -> int:
        asked.append(next(measured))
        return asked[-1]

    monkeypatch.setattr("vivavoce.live.capacity.live_streams", live_streams)
    monkeypatch.setattr("vivavoce.live.capacity.AGAIN", 0.0)
    idle = iter((True, True, False, True, True, *[False] * TIMES))
    await keep_measuring(LocalHosts("scripted"), 2, 8000, told.append, lambda: next(idle))
    assert asked == [3, 2, 9, 7]
    assert told == [3, 9]


async def test_a_slow_machine_still_serves_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(100))
    monkeypatch.setattr("time.perf_counter", lambda: next(ticks) * 60.0)
    assert await live_streams(LocalHosts("scripted"), 1, 8000) == 1
