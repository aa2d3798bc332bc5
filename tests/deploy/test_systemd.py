"""The unit, as systemd itself reads it. It is not started: no systemd runs where tests do. What it
forbids by way of system calls is forbidden to a server all the same."""

import ctypes.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from vivavoce.config import Settings
from vivavoce.testing.process import ServerProcess

Launch = Callable[..., ServerProcess]


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
    there = tmp_path / "python"  # a path without spaces, wherever the project is
    there.symlink_to(sys.executable)
    own.write_text(text.replace("/opt/vivavoce/bin/vivavoce", str(there)))
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


def calls(analyze: str, unit: str) -> list[str]:
    """The system calls that the unit allows, by systemd's own lists."""
    listed = subprocess.run(
        [analyze, "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True
    )
    sets: dict[str, list[str]] = {}
    for line in listed.stdout.splitlines():
        if line.startswith("@"):
            members = sets.setdefault(line.strip(), [])
        elif line.startswith("    ") and "#" not in line:
            members.append(line.strip())

    def flat(name: str) -> Iterator[str]:
        if name.startswith("@"):
            for member in sets[name]:
                yield from flat(member)
        else:
            yield name

    allowed: set[str] = set()
    for rule in re.findall(r"^SystemCallFilter=(.*)$", unit, re.MULTILINE):
        named = {call for name in rule.removeprefix("~").split() for call in flat(name)}
        allowed = allowed - named if rule.startswith("~") else allowed | named
    return sorted(allowed)


@pytest.mark.anyio
@pytest.mark.parametrize("engine", ["moonshine", "whisper"])
async def test_a_server_needs_no_call_that_it_forbids(
    engine: str,
    analyze: str,
    deploy: Path,
    tmp_path: Path,
    launch: Launch,
    data: Path,
    whisper_tiny_en: Path,
) -> None:
    """With an engine, an upload's decoder, word times, and a process that is niced."""
    if ctypes.util.find_library("seccomp") is None:
        pytest.skip("libseccomp is not here: run scripts/install-deploy-tools")
    text = (deploy / "systemd" / "vivavoce.service").read_text()
    allowed = tmp_path / "allowed.json"
    allowed.write_text(json.dumps(calls(analyze, text)))
    confine = (str(Path(__file__).with_name("confine.py")), str(allowed), sys.executable)
    server = launch(
        command=(*confine, "-m", "vivavoce", "serve", "--port", "{port}"),
        engine=engine,
        finals="tiny",
        whisper_model=str(whisper_tiny_en),
    )
    async with httpx2.AsyncClient(base_url=server.url, timeout=240) as http:
        with (data / "ljspeech_short.wav").open("rb") as file:
            url = "/api/v1/recordings?wait=true"
            answer = await http.post(url, files={"file": file})
        assert answer.status_code == 200, answer.text
    assert "PermissionError" not in server.log
    assert "cannot" not in server.log, server.log
