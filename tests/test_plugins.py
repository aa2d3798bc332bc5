"""Which engines people are told of, and what they are told."""

import importlib
from pathlib import Path

import pytest

from vivavoce import plugins
from vivavoce.core.errors import EngineError

FOR_TESTS = {"faulty", "faulty-native", "scripted", "scripted-native", "scripted-service"}

ENTRIES = """\
[vivavoce.engines]
worldly = nowhere_at_all:Worldly [extra]
shipped = vivavoce.engines.fake:Scripted [extra]
local = vivavoce.engines.fake:Scripted [here]
"""

METADATA = """\
Metadata-Version: 2.4
Name: worldly-engines
Version: 1.0
Provides-Extra: extra
Provides-Extra: here
Requires-Dist: nowhere-at-all>=1.2; extra == 'extra'
Requires-Dist: numpy>=1; extra == 'here'
"""


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with engines of which two need what is not installed."""
    folder = tmp_path / "worldly_engines-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA)
    (folder / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()


def test_engines_for_tests_are_not_shown_but_can_be_had() -> None:
    assert not FOR_TESTS & set(plugins.names())
    assert not FOR_TESTS & {engine.name for engine in plugins.available()}
    assert set(plugins.names(tests=True)) > FOR_TESTS
    for name in FOR_TESTS:
        plugins.check(name)
        assert plugins.create(name).capabilities.name
    with pytest.raises(EngineError, match="there are aws, azure, moonshine") as refused:
        plugins.create("nobody")
    assert "scripted" not in refused.value.message
    with pytest.raises(EngineError, match=r"^There is no aligner 'x'; there are pocketsphinx\.$"):
        plugins.create_aligner("x")


@pytest.mark.usefixtures("others")
def test_an_engine_without_its_packages_says_what_to_install() -> None:
    needed = "pip install 'worldly-engines[extra]'."
    shipped, worldly = (plugins.availability(name) for name in ("shipped", "worldly"))
    assert (shipped.installed, shipped.hint) == (False, needed)
    assert shipped.capabilities is not None  # it can be imported without them
    assert (worldly.installed, worldly.capabilities) == (False, None)
    assert worldly.hint == f"The engine worldly cannot be used here: {needed}"
    for name in ("shipped", "worldly"):
        with pytest.raises(EngineError, match=r"pip install 'worldly-engines\[extra\]'\.$"):
            plugins.create(name)
    assert plugins.availability("local").usable
    assert plugins.create("local")


def test_an_engine_that_lacks_a_setting_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "AWS_REGION", "AZURE_SERVICE_REGION"):
        monkeypatch.delenv(variable, raising=False)
    hints = {engine.name: engine.hint for engine in plugins.available() if engine.installed}
    assert "OPENAI_API_KEY" in hints["openai"]
    assert "OPENAI_API_KEY" in hints["openai-rest"]
    assert "AWS_REGION" in hints["aws"]
    assert "AZURE_SERVICE_REGION" in hints["azure"]
    assert hints["moonshine"] == ""

    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert plugins.availability("openai").usable


def test_an_engine_without_models_of_its_own_has_none_to_get() -> None:
    with pytest.raises(EngineError, match=r"^The engine azure has no models to download\.$"):
        plugins.fetcher("azure")
