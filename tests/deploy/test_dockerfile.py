"""The image's recipe. No engine builds it where tests run: what it copies is looked for."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest

from deploy import licences

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def image(deploy: Path) -> str:
    return (deploy / "Dockerfile").read_text()


def copied(image: str) -> list[str]:
    """Files and folders of ours that it copies."""
    lines = re.findall(r"^COPY (?!--from)(?:--\S+ )*(.*)$", image, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def test_what_it_copies_is_there_and_reaches_the_builder(image: str) -> None:
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for source in copied(image):
        assert (ROOT / source).exists(), source
        assert any(source == path or source.startswith(f"{path}/") for path in let_in), source


def test_nothing_else_reaches_the_builder(image: str) -> None:
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for path in let_in:
        assert any(source == path or source.startswith(f"{path}/") for source in copied(image)), (
            path
        )


def test_what_is_installed_is_locked(image: str) -> None:
    installs = re.findall(r"pip\b[^&\n]*\binstall ([^&\n\\]*)", image)
    assert len(installs) == 4
    assert all("--require-hashes -r requirements/" in i or "--no-deps" in i for i in installs)


def test_it_says_what_it_is(image: str) -> None:
    for label in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in image
    assert "GPL-2.0-or-later" in image  # of the codecs that come with PyAV


def test_every_library_that_a_wheel_brings_along_has_a_licence() -> None:
    lock = "".join(
        (ROOT / "requirements" / f"{name}.txt").read_text() for name in ("container", "cuda")
    )
    names = set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))
    found = {lib for name in names for lib in _bundled(name)}
    assert {"libx264", "libx265"} <= found
    assert {library for library in found if library not in licences.BUNDLED} == set()


def _bundled(name: str) -> list[str]:
    try:
        return list(licences.bundled(distribution(name)))
    except ModuleNotFoundError:  # for another machine, or for the container alone
        return []


def test_the_list_names_packages_and_what_they_bring() -> None:
    listed = list(licences.lines())
    av = next(i for i, line in enumerate(listed) if line.startswith("av "))
    assert "    libx264: GPL-2.0-or-later" in listed[av : av + 60]
    assert any(re.fullmatch(r"vivavoce \S+: MIT", line) for line in listed)
