"""The changelog can be built from what lies in `changelog.d` at any time."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
KINDS = {"feature", "bugfix", "doc", "removal", "misc"}


def test_a_draft_has_every_fragment() -> None:
    command = [sys.executable, "scripts/changelog.py", "99.0", "--draft"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^## 99\.0 \(\d{4}-\d\d-\d\d\)$", done.stdout, re.MULTILINE)
    words = "".join(done.stdout.split())
    fragments = [path for path in (ROOT / "changelog.d").glob("*.md") if path.name != "README.md"]
    assert fragments
    for fragment in fragments:
        kind = fragment.name.split(".")[1]
        assert kind in KINDS, fragment.name
        if kind != "misc":  # of those only the issue is named
            assert "".join(fragment.read_text().split())[:60] in words, fragment.name


def test_a_release_gathers_them_once(tmp_path: Path) -> None:
    """In a checkout as it is when a tag is pushed."""
    for name in ("scripts", "changelog.d"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [sys.executable, "scripts/changelog.py", "99.0"]
    made = []
    for _ in range(2):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        made.append((tmp_path / "CHANGELOG.md").read_text())
        assert [path.name for path in (tmp_path / "changelog.d").iterdir()] == ["README.md"]
    assert made[0].startswith("## 99.0 (")
    assert made[0] == made[1]
