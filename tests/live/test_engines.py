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
    assert not engines.default.ready
    await engines.start()
    assert engines.default.ready
    assert await engines.get(None) is await engines.get("scripted") is engines.default
    other = await engines.get("scripted-native")
    assert other.capabilities.name == "scripted-native"
    assert await engines.get("scripted-native") is other
    await engines.stop()
    assert not engines.default.ready
    assert not other.ready


async def test_an_engine_nobody_has_is_refused_and_not_remembered() -> None:
    engines = LocalEngines()
    for name in ("nobody", "../x"):
        with pytest.raises(BadMessage, match="there are faulty, faulty-native, moonshine, scripted"):
            await engines.get(name)
    assert engines._pools == {}


async def test_whatever_kept_an_engine_from_loading_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engines = LocalEngines()
    with monkeypatch.context() as patch:

        async def broken(self: LocalHosts) -> None:
            raise OSError("Too many open files.")

        patch.setattr(LocalHosts, "start", broken)
        with pytest.raises(OSError, match="open files"):
            await engines.get(None)
    assert await engines.get(None) is engines.default
    await engines.stop()


async def test_an_engine_that_would_not_load_is_tried_again(odd_engines: Path) -> None:
    engines = Engines("scripted", 1)
    (odd_engines / "loaded").touch()
    with pytest.raises(EngineError, match="memory for one only"):
        await engines.get("half-loadable")
    (odd_engines / "loaded").unlink()
    hosts = await engines.get("half-loadable")
    assert (await hosts.decode(window(say("alfa")), Urgency.FINAL)).text == "alfa"
    await engines.stop()
