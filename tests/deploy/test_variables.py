"""Every variable that a deployed server is given is a setting of its, with a value that can be."""

import re
from pathlib import Path

import pytest

from vivavoce.config import PREFIX, Settings, explain, load_settings
from vivavoce.config.load import ALIASES, SHORT

ROOT = Path(__file__).parents[2]

FILES = sorted(
    path
    for path in (
        *(ROOT / "deploy").rglob("*"),
        *(ROOT / ".github").rglob("*.yml"),
        ROOT / "docs" / "deploy.md",
    )
    if path.is_file() and {"secrets", "__pycache__"}.isdisjoint(path.parts) and path.name != ".env"
)


@pytest.fixture(autouse=True)
def clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VIVAVOCE_FINALS", raising=False)


COMPUTED = re.compile(
    r"\$\{(?!VIVAVOCE_\w+:-)|^(var|local|azurerm_\w+|aws_\w+|coalesce|tostring)[.(]"
)
"""A value that Terraform puts together."""


def given(text: str) -> dict[str, list[str]]:
    """Literal values of our variables, as Docker, compose, systemd, Terraform and env files
    write them; those that are put together are left out."""
    found: dict[str, list[str]] = {}
    shape = rf"\b{PREFIX}([A-Z0-9_]+)[ \t]*[=:][ \t]*(?:\"([^\"\n]*)\"|([^\s\"`)]+))"
    for name, quoted, bare in re.findall(shape, text):
        value = quoted or bare
        if not COMPUTED.search(value):
            default = re.fullmatch(r"\$\{VIVAVOCE_\w+:-(.*)\}", value)
            found.setdefault(name.lower(), []).append(default[1] if default else value)
    return found


def shown(settings: Settings) -> dict[str, str]:
    return {name: value for name, value, _ in explain(settings)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_of_ours_is_a_setting(path: Path) -> None:
    text = path.read_text()
    names = {name.lower() for name in re.findall(rf"\b{PREFIX}([A-Z0-9_]*[A-Z0-9])\b", text)}
    assert {name for name in names if SHORT.get(name, name) not in Settings.model_fields} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_value_can_be(path: Path) -> None:
    for name, values in given(path.read_text()).items():
        for value in values:
            load_settings(**{name: value or None})


def test_what_is_commented_out_shows_the_default(deploy: Path) -> None:
    defaults = shown(Settings())
    rows = re.findall(rf"^#{PREFIX}(\w+)=(.*)$", (deploy / "env.example").read_text(), re.MULTILINE)
    assert len(rows) > 10
    # Compose has a default of its own for these, which the test below holds.
    others = set(re.findall(rf"\$\{{{PREFIX}(\w+):-", (deploy / "compose.yaml").read_text()))
    assert {n: v for n, v in rows if n not in others and defaults[n.lower()] != v} == {}


def test_variables_of_compose_are_in_its_example(deploy: Path) -> None:
    asked = set(re.findall(r"\$\{(\w+):-", (deploy / "compose.yaml").read_text()))
    told = set(re.findall(r"^#? *([A-Z_]+)=", (deploy / "env.example").read_text(), re.MULTILINE))
    assert asked - told == set()


def test_defaults_of_compose_are_those_of_its_example(deploy: Path) -> None:
    asked = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", (deploy / "compose.yaml").read_text()))
    told = dict(
        re.findall(r"^#([A-Z_]+)=(.*)$", (deploy / "env.example").read_text(), re.MULTILINE)
    )
    assert {n: v for n, v in told.items() if n in asked and asked[n] != v} == {}


def test_no_variable_of_another_program_is_taken_for_a_setting_by_accident(deploy: Path) -> None:
    """PORT or HOST in an env file would be the server's own."""
    for name in ("compose.yaml", "env.example"):
        text = (deploy / name).read_text()
        names = set(re.findall(r"^[#\s]*([A-Z_]+)\s*[=:]", text, re.MULTILINE))
        assert names & set(ALIASES) <= {"AWS_REGION"}


def test_the_image_is_what_the_rest_takes_it_for(deploy: Path) -> None:
    image = (deploy / "Dockerfile").read_text()
    port = Settings.model_fields["port"].default
    assert f"EXPOSE {port}\n" in image
    assert "VIVAVOCE_DATA_DIR=/data" in image
    assert 'VOLUME ["/data", "/tmp"]\n' in image
    assert "USER 10001:10001\n" in image
    for path in (deploy / "terraform").rglob("*.tf"):
        text = path.read_text()
        ports = re.findall(r"(?:target_port|container_port|containerPort)\s*= (\d+)", text)
        assert {int(found) for found in ports} <= {port}
        assert {int(found) for found in re.findall(r"\b[ug]id\s*=\s*(\d+)", text)} <= {10001}


def test_nobody_cuts_short_what_the_server_allows(deploy: Path) -> None:
    drain = Settings.model_fields["drain_s"].default
    upload = Settings.model_fields["max_upload_mb"].default
    compose = (deploy / "compose.yaml").read_text()
    (grace,) = re.findall(r"stop_grace_period: (\d+)s # more than drain_s", compose)
    assert int(grace) > drain + 5
    assert f"client_max_body_size {upload}m;" in (deploy / "nginx.conf").read_text()
