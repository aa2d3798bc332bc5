"""What the tests of live sessions share."""

import sys
from pathlib import Path

import pytest

ODD = Path(__file__).parent / "odd_engines"


@pytest.fixture
def odd_engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Installs the misbehaving engines, here and in child processes; where they take notes."""
    notes = tmp_path / "notes"
    notes.mkdir()
    monkeypatch.setenv("ODD_ENGINES", str(notes))
    monkeypatch.setenv("PYTHONPATH", str(ODD))
    monkeypatch.setattr(sys, "path", [*sys.path, str(ODD)])
    return notes
