"""Gathers changelog.d into CHANGELOG.md, as towncrier does.

usage: python scripts/changelog.py VERSION [--draft]       --draft: only show what it would be

Our fragments have words where towncrier wants numbers (`8.feature.backup.md`), so that two people
who write one do not take the same. It is given copies with numbers.
"""

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
FRAGMENTS = ROOT / "changelog.d"
CHANGELOG = "CHANGELOG.md"


def fragments() -> list[Path]:
    return sorted(path for path in FRAGMENTS.glob("*.md") if path.name != "README.md")


def copy(to: Path) -> None:
    """What towncrier needs, its fragments numbered."""
    (to / FRAGMENTS.name).mkdir()
    shutil.copy(ROOT / "pyproject.toml", to)
    if (ROOT / CHANGELOG).exists():
        shutil.copy(ROOT / CHANGELOG, to)
    seen: Counter[str] = Counter()
    for path in fragments():
        issue, kind, *_ = path.name.removeprefix("+").split(".")
        orphan = path.name.startswith("+")
        key = f"{'+' + issue if orphan else issue}.{kind}"
        seen[key] += 1
        shutil.copy(path, to / FRAGMENTS.name / f"{key}.{seen[key]}.md")


def main(version: str, *, draft: bool) -> int:
    if not fragments() and (ROOT / CHANGELOG).exists():
        print(f"Nothing is left to gather: {CHANGELOG} stays as it is.")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy(folder)
        way = "--draft" if draft else "--keep"
        command = [sys.executable, "-m", "towncrier", "build", way, "--version", version]
        status = subprocess.run(command, cwd=folder, check=False).returncode
        if status == 0 and not draft:
            shutil.copy(folder / CHANGELOG, ROOT)
            for path in fragments():
                path.unlink()
        return status


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], draft="--draft" in sys.argv[2:]))
