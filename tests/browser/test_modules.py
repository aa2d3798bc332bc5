"""The page's pure modules, tested under Node.js (see conftest.py for where there is none)."""

import subprocess
from pathlib import Path

import pytest

JS = Path(__file__).parent / "js"


@pytest.mark.parametrize("script", sorted(JS.glob("*.test.mjs")), ids=lambda path: path.stem)
def test_module(script: Path) -> None:
    run = subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(script)], capture_output=True, text=True
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "\n# fail 0\n" in run.stdout
    assert "\n# pass 0\n" not in run.stdout
