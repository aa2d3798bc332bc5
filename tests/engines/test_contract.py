"""The published contract over every engine that is built in."""

from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest

from vivavoce.core.results import Heard, Result
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import Scripted, ScriptedNative, ScriptedService, say, silence
from vivavoce.engines.moonshine.engine import Moonshine
from vivavoce.testing.engines import (
    NativeContract,
    ServiceContract,
    WindowedContract,
    check_grammar,
    pieces,
    said,
)
from vivavoce.testing.faulty import Faulty, FaultyNative
from vivavoce.testing.local import hear, open_local

LETTERS = np.concatenate(
    [
        silence(0.5),
        say("alfa", "bravo", "charlie", "delta", "echo"),
        silence(1),
        say("zulu", "yankee"),
        silence(1),
    ]
)


class TestScripted(WindowedContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> Scripted:
        return Scripted()

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls) -> Pcm:
        return LETTERS


class TestScriptedNative(NativeContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> ScriptedNative:
        return ScriptedNative()

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls) -> Pcm:
        return LETTERS


class TestFaulty(TestScripted):
    """Which has no fault while nobody tells it to fail."""

    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> Faulty:
        return Faulty()


class TestFaultyNative(TestScriptedNative):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> FaultyNative:
        return FaultyNative()


class TestMoonshine(WindowedContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, moonshine: Moonshine) -> Moonshine:
        return moonshine

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls, clip: Pcm) -> Pcm:
        return np.concatenate([silence(0.5), clip, silence(1)])


class TestScriptedService(ServiceContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> ScriptedService:
        return ScriptedService()

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls) -> Pcm:
        return LETTERS


def test_no_built_in_engine_is_left_out() -> None:
    """Those that are not here are in the file of theirs that mirrors the engine's."""
    elsewhere = [one for one in entry_points(group="vivavoce.engines") if one.name != "moonshine"]
    assert elsewhere
    for engine in elsewhere:
        *folders, module = engine.module.removeprefix("vivavoce.engines.").split(".")
        file = Path(__file__).parent.joinpath(*folders, f"test_{module}.py")
        assert "Contract):" in file.read_text(encoding="utf-8"), engine.name


def kinds(results: list[Result]) -> list[str]:
    """The grammar of what was said, without how often hypotheses were shown."""
    return [type(result).__name__ for result in results if not isinstance(result, Heard)]


@pytest.mark.anyio
async def test_all_kinds_of_engine_say_the_same_in_the_same_grammar() -> None:
    windowed = await hear(open_local(Scripted()), pieces(LETTERS, 1600))
    native = await hear(open_local(ScriptedNative()), pieces(LETTERS, 1600))
    service = await hear(open_local(ScriptedService()), pieces(LETTERS, 1600))
    for results in (windowed, native, service):
        check_grammar(results, len(LETTERS))
        assert kinds(results) == ["SpeechStarted", "SpeechEnded", "Decided"] * 2
        assert said(results) == "alfa bravo charlie delta echo zulu yankee"
        assert any(isinstance(result, Heard) for result in results)
