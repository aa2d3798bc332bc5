"""The unit, as systemd itself reads it. It was not started: no systemd runs where tests do."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vivavoce.config import Settings


@pytest.fixture(scope="module")
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not here: run scripts/install-deploy-tools")
    return found


@pytest.fixture
def unit(deploy: Path, tmp_path: Path) -> Path:
    """Ours, with a program that is here, because systemd wants to see it."""
    text = (deploy / "systemd" / "vivavoce.service").read_text()
    assert "ExecStart=/opt/vivavoce/bin/vivavoce serve\n" in text
    own = tmp_path / "vivavoce.service"
    own.write_text(text.replace("/opt/vivavoce/bin/vivavoce", sys.executable))
    return own


def test_systemd_understands_all_of_it(analyze: str, unit: Path) -> None:
    ended = subprocess.run(
        [analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr, ended.stdout) == (0, "", "")


def test_it_may_do_little(analyze: str, unit: Path) -> None:
    """systemd rates exposure from 0.0 (none) to 10.0; below 2.0 it says OK with a smile."""
    command = [analyze, "security", "--offline=true", "--threshold=20", "--no-pager", str(unit)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_it_waits_longer_than_the_server_takes(deploy: Path) -> None:
    text = (deploy / "systemd" / "vivavoce.service").read_text()
    waits = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert int(waits[0]) > Settings.model_fields["drain_s"].default + 5
