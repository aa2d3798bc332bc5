"""The table of what engines can do is what their code says."""

import subprocess
import sys
from pathlib import Path

from vivavoce import plugins

ROOT = Path(__file__).parents[1]


def test_it_is_up_to_date() -> None:
    script = [sys.executable, str(ROOT / "scripts" / "engine_table.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_engine_has_its_section_and_says_what_it_was_proven_with() -> None:
    page = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    _, _, proven = page.partition("\n## What was tried\n")
    for name in plugins.names():
        assert f"\n## {name}\n" in page
        assert f"\n| `{name}` | " in proven
