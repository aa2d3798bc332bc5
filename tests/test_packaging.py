"""What is published: the wheel holds everything, and nothing tells where it was written."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]

FOREIGN = re.compile(
    rb"pypi\.(?:org)|python(?:hosted)\.org|registry\.(?:npmjs)\.org"  # package registries
    rb"|(?<![\w.~-])/(?:home|root|Users|work)/\w"  # folders of whoever wrote it
)


FOLDERS = (
    "src",
    "tests",
    "docs",
    "scripts",
    "requirements",
    "benchmarks",
    "chaos",
    "examples",
    "changelog.d",
    "deploy",
    ".ci",
    ".github",
)


MADE = {"__pycache__", "node_modules"}
"""Folders of what is made or installed."""


def files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and MADE.isdisjoint(p.parts)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel, built from this folder with the locked backend, without a network."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = out.glob("*.whl")
    return ZipFile(path)


def test_the_wheel_holds_every_file_of_the_package(wheel: ZipFile) -> None:
    source = ROOT / "src"
    expected = {path.relative_to(source).as_posix() for path in files(source)}

    assert expected - set(wheel.namelist()) == set()
    assert {"vivavoce/audio/silero_vad.onnx", "vivavoce/py.typed"} <= expected


@pytest.mark.parametrize("folder", ["studio", "library/migrations", "data"])
def test_the_wheel_holds_what_is_not_python(wheel: ZipFile, folder: str) -> None:
    assert [name for name in wheel.namelist() if name.startswith(f"vivavoce/{folder}/")]


def test_the_wheel_holds_nothing_else(wheel: ZipFile) -> None:
    others = [n for n in wheel.namelist() if not re.match(r"vivavoce(-[^/]+\.dist-info)?/", n)]

    assert others == []


def test_the_wheel_carries_the_licences(wheel: ZipFile) -> None:
    licences = {Path(name).name for name in wheel.namelist() if ".dist-info/licenses/" in name}

    assert licences == {"LICENSE", "silero_vad.LICENSE"}


def test_every_entry_point_leads_to_a_module(wheel: ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    modules = re.findall(r"= ([\w.]+):", wheel.read(name).decode())

    assert "vivavoce.cli.main" in modules
    assert [module for module in modules if find_spec(module) is None] == []


def test_no_file_names_a_registry_or_a_folder_of_its_author() -> None:
    published = [path for folder in FOLDERS for path in files(ROOT / folder)]
    published += [path for path in ROOT.glob("[!.]*") if path.is_file()]
    found = {str(path): FOREIGN.findall(path.read_bytes()) for path in published}

    assert {path: names for path, names in found.items() if names} == {}


def test_every_locked_package_has_hashes() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = re.sub(r"^#.*\n", "", lock.read_text(), flags=re.MULTILINE)
        entries = re.split(r"\n(?=\S)", text)
        locked = re.compile(r"[\w.\[\]-]+==\S+.*--hash=sha256:", re.DOTALL)
        assert [entry for entry in entries if not locked.match(entry)] == []


def test_every_locked_javascript_package_has_a_hash_and_no_address() -> None:
    lock = json.loads((ROOT / "tests" / "vendors" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}

    assert "node_modules/openai" in packages
    assert [n for n, e in packages.items() if not e["integrity"].startswith("sha512-")] == []
    assert [n for n, e in packages.items() if "resolved" in e] == []
