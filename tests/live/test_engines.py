"""Which engines run here."""

from pathlib import Path

import pytest

from vivavoce.core.errors import BadMessage, EngineError
from vivavoce.engines.base import Urgency
from vivavoce.engines.fake import say
from vivavoce.live.engines import Engines
from vivavoce.testing.engines import window
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


async def test_an_engine_nobody_has_is_refused() -> None:
    engines = LocalEngines()
    for name in ("nobody", "../x"):
        with pytest.raises(BadMessage, match="there are faulty, faulty-native, moonshine"):
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
    assert (await hosts.decode(window(say("alfa")), Urgency.FINAL)).text == "alfa"
    await engines.stop()
