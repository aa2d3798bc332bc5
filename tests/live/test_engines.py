"""Which engines run here."""

import asyncio
import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from vivavoce.core.errors import BadMessage, EngineError
from vivavoce.engines.base import Urgency
from vivavoce.engines.fake import say
from vivavoce.live.engines import Engines
from vivavoce.live.hosts import Hosts
from vivavoce.testing.engines import window
from vivavoce.testing.family import children
from vivavoce.testing.faulty import FOLDER, Faults
from vivavoce.testing.local import LocalEngines, LocalHosts

pytestmark = pytest.mark.anyio


async def test_the_default_is_loaded_from_the_start_and_others_when_asked_for() -> None:
    engines = LocalEngines()
    assert not engines.ready
    with pytest.raises(EngineError, match="No engine is loaded"):
        _ = engines.default
    await engines.start()
    assert engines.ready
    assert await engines.get("scripted") is engines.default
    other = await engines.get("scripted-native")
    assert other.capabilities.name == "scripted-native"
    assert await engines.get("scripted-native") is other
    await engines.stop()
    assert not engines.ready
    assert not other.ready


async def test_a_session_gets_the_engine_it_asks_for_and_those_after_it() -> None:
    engines = LocalEngines("faulty", "scripted", "scripted-native", "scripted")
    assert engines.chain().names == ("faulty", "scripted", "scripted-native")
    assert engines.chain("scripted").names == ("scripted", "scripted-native")
    assert engines.chain("scripted-native").names == ("scripted-native",)
    assert engines.chain("faulty-native").names == ("faulty-native",)
    with pytest.raises(BadMessage, match="understands en, not de"):
        engines.chain("moonshine", "de")
    assert LocalEngines("moonshine", "scripted").chain(None, "de").names[0] == "moonshine"
    with pytest.raises(BadMessage, match="understands en, not de"):
        LocalEngines("moonshine").chain(None, "de")


async def test_it_starts_with_what_can_be_loaded_and_loads_the_rest_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    faults = Faults(tmp_path)
    faults.set("faulty/load")
    engines = LocalEngines("faulty", "scripted")
    with capture_logs() as logs:
        await engines.start()
    (entry,) = logs
    assert entry["log_level"] == "warning"
    assert (entry["engine"], entry["reason"]) == ("faulty", "faulty was told not to load.")
    assert engines.ready
    assert engines.default.capabilities.name == "scripted"
    assert engines.breaker("faulty").state == "open"
    faults.clear("faulty/load")
    engines.wake("faulty")
    await engines._waking["faulty"]
    assert engines.breaker("faulty").state == "closed"
    assert engines.default.capabilities.name == "faulty"
    await engines.stop()


async def test_it_does_not_start_when_none_can_be_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    Faults(tmp_path).set("load")
    with pytest.raises(EngineError, match="faulty was told not to load"):
        await LocalEngines("faulty", "faulty-native").start()


async def test_an_engine_that_is_being_loaded_when_it_stops_leaves_nothing(
    odd_engines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = children(
        os.getpid(), "vivavoce.engines.hosted.host"
    )  # of servers that other tests share
    engines = Engines(["scripted"], 2)
    await engines.start()
    engines.wake("scripted-native")
    await asyncio.sleep(0)
    await engines.stop()
    assert set(children(os.getpid(), "vivavoce.engines.hosted.host")) <= set(before)


async def test_an_engine_nobody_has_is_refused() -> None:
    engines = LocalEngines()
    for name in ("nobody", "../x"):
        with pytest.raises(BadMessage, match="there are aws, azure, moonshine"):
            engines.chain(name)
    with pytest.raises(EngineError, match="There is no engine 'nobody'"):
        LocalEngines("scripted", "nobody")


async def test_whatever_kept_an_engine_from_loading_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engines = LocalEngines()
    with monkeypatch.context() as patch:

        async def broken(self: LocalHosts) -> None:
            raise OSError("Too many open files.")

        patch.setattr(LocalHosts, "start", broken)
        with pytest.raises(OSError, match="open files"):
            await engines.get("scripted")
    assert await engines.get("scripted") is engines.default
    await engines.stop()


async def test_an_engine_that_would_not_load_is_tried_again(odd_engines: Path) -> None:
    engines = Engines(["scripted"], 1)
    (odd_engines / "loaded").touch()
    with pytest.raises(EngineError, match="memory for one only"):
        await engines.get("half-loadable")
    (odd_engines / "loaded").unlink()
    hosts = await engines.get("half-loadable")
    assert isinstance(hosts, Hosts)
    assert (await hosts.decode(window(say("alfa")), Urgency.FINAL)).text == "alfa"
    await engines.stop()
