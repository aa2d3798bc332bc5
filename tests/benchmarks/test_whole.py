"""What a model reads at leisure, also where there is only one model."""

import msgspec
import pytest

from benchmarks.live import whole
from vivavoce.core.errors import EngineError
from vivavoce.engines.moonshine.engine import Moonshine


class Plain(Moonshine):
    """Of the default install."""

    capabilities = msgspec.structs.replace(Moonshine.capabilities, better="")

    def load(self) -> None:
        """Nothing that this test needs."""

    def load_better(self) -> None:
        raise EngineError("The weights are not here.")


def test_no_better_model_is_asked_for_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "Moonshine", Plain)
    whole._moonshine.cache_clear()
    assert isinstance(whole._moonshine(""), Plain)
    whole._moonshine.cache_clear()
