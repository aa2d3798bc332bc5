"""Weights converted once, whole or not at all, by one process at a time."""

import shutil
import sys
import threading
from pathlib import Path

import pytest

from vivavoce.core.errors import EngineError
from vivavoce.engines import moonshine_convert as module
from vivavoce.engines.moonshine_convert import BASE, SUMS, convert, converted, target, verified


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vivavoce"


@pytest.fixture
def made(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Converting is copying; the names of what was."""
    weights = tmp_path / "weights"
    weights.mkdir()
    for name in BASE.files:
        (weights / name).with_suffix(Path(name).suffix.replace(".onnx", ".ort")).write_text(name)
    names: list[str] = []

    def copy(stored: Path, to: Path) -> None:
        names.append(to.name)
        shutil.copyfile(stored, to)

    monkeypatch.setattr(module, "source", lambda: weights)
    monkeypatch.setattr(module, "_quantise", copy)
    return names


def test_it_is_made_once(made: list[str], cache: Path) -> None:
    assert not converted()
    convert()
    convert()
    assert made == [BASE.encoder, BASE.decoder]
    assert converted()
    assert verified() == target()
    assert target().parent == cache
    assert {path.name for path in target().iterdir()} == {*BASE.files, SUMS}


def test_two_that_want_it_at_once_make_it_once(made: list[str]) -> None:
    threads = [threading.Thread(target=convert) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [BASE.encoder, BASE.decoder]


def test_what_failed_or_was_killed_leaves_nothing(
    made: list[str], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = module._quantise

    def full(stored: Path, to: Path) -> None:
        copy(stored, to)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_quantise", full)
    with pytest.raises(EngineError, match=r"cannot be kept in .*: No space left on device\.$"):
        convert()
    assert not converted()
    assert [path.suffix for path in cache.iterdir()] == [".lock"]

    killed = target().with_name(target().name + ".tmp")
    killed.mkdir()
    (killed / "half").write_bytes(b"...")
    monkeypatch.setattr(module, "_quantise", copy)
    convert()
    assert verified() == target()
    assert not killed.exists()


def test_damaged_weights_are_not_used_and_made_again(made: list[str]) -> None:
    convert()
    (target() / BASE.decoder).write_bytes(b"flipped")
    with pytest.raises(EngineError, match="was damaged"):
        verified()
    assert not converted()
    convert()
    assert verified() == target()


def test_weights_that_are_not_there_are_said_so(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EngineError, match=r"moonshine-base-en cannot be read in .*No such file"):
        verified()
    monkeypatch.setattr(module, "source", lambda: None)
    with pytest.raises(EngineError, match=r"not here: pip install 'vivavoce\[better\]'\.$"):
        convert()


def test_a_package_that_is_missing_is_named(
    made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def needy(stored: Path, to: Path) -> None:
        import onnx  # noqa: F401

    monkeypatch.setattr(module, "_quantise", needy)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(EngineError, match=r"onnx .*pip install 'vivavoce\[better\]'\.$"):
        convert()


def test_a_cache_that_cannot_be_written_is_named(made: list[str], cache: Path) -> None:
    cache.parent.mkdir()
    cache.write_text("a file")
    with pytest.raises(EngineError, match=r"cannot be kept in .*File exists"):
        convert()
