"""compose.yaml and what it is started with. No Docker engine runs where tests do: it is parsed,
its parts are held against each other, and its scripts are run as they are."""

import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture(scope="module")
def compose(deploy: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((deploy / "compose.yaml").read_text())
    return found


def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def test_what_is_in_it(compose: dict[str, Any]) -> None:
    found = {name: service.get("profiles") for name, service in services(compose).items()}
    assert found == {
        "balancer": None,
        "vivavoce": None,
        "postgres": None,
        "redis": None,
        "s3": None,
        "bucket": None,
        "faster-whisper": ["whisper"],
        "prometheus": ["observe"],
        "grafana": ["observe"],
    }


def test_everything_starts_again_and_is_looked_at(compose: dict[str, Any], deploy: Path) -> None:
    for name, service in services(compose).items():
        if name == "bucket":  # it does its work and ends
            assert service["restart"] == "on-failure"
            continue
        assert service["restart"] == "unless-stopped", name
        # The server's question is in its image.
        assert name == "vivavoce" or service["healthcheck"]["test"][0] == "CMD", name
    assert "\nHEALTHCHECK " in (deploy / "Dockerfile").read_text()


def test_what_is_named_is_declared(compose: dict[str, Any]) -> None:
    for service in services(compose).values():
        named = [entry.partition(":")[0] for entry in service.get("volumes", [])]
        assert {name for name in named if not name.startswith(".")} <= compose["volumes"].keys()
        assert set(service.get("secrets", ())) <= compose["secrets"].keys()
        assert set(service["networks"]) <= compose["networks"].keys()
        assert service.get("depends_on", {}).keys() <= services(compose).keys()


def test_what_is_mounted_from_here_is_here(compose: dict[str, Any], deploy: Path) -> None:
    mounts = [entry for each in services(compose).values() for entry in each.get("volumes", ())]
    here = [entry.partition(":")[0] for entry in mounts if entry.startswith(".")]
    assert here
    assert [path for path in here if not (deploy / path).exists()] == []


def test_only_the_balancer_and_grafana_are_published_and_only_on_this_machine(
    compose: dict[str, Any],
) -> None:
    published = {n: s["ports"] for n, s in services(compose).items() if "ports" in s}
    assert published == {
        "balancer": ["${PUBLISH:-127.0.0.1:8000}:8000"],
        "faster-whisper": ["127.0.0.1:10300:10300"],
        "grafana": ["${PUBLISH_GRAFANA:-127.0.0.1:3000}:3000"],
    }
    assert compose["networks"]["back"] == {"internal": True}
    for store in ("postgres", "redis", "s3"):
        assert services(compose)[store]["networks"] == ["back"]


def test_there_are_two_servers_on_one_volume(compose: dict[str, Any]) -> None:
    server = services(compose)["vivavoce"]
    assert server["deploy"] == {"replicas": "${SERVERS:-2}"}
    # Each has a host name of its own, as leases and logs want it.
    assert {"hostname", "container_name"}.isdisjoint(server)
    assert [entry.partition(" ")[0] for entry in server["volumes"]] == ["data:/data"]


def test_faster_whisper_is_the_ancestors(compose: dict[str, Any]) -> None:
    whisper = services(compose)["faster-whisper"]
    assert whisper["environment"]["WHISPER_MODEL"] == "${WHISPER_MODEL:-small-int8}"
    assert whisper["volumes"] == ["whisper-config:/config"]


def test_no_secret_is_in_it(compose: dict[str, Any], deploy: Path) -> None:
    for service in services(compose).values():
        for name, value in service.get("environment", {}).items():
            secret = any(word in name for word in ("PASSWORD", "SECRET", "KEY", "TOKEN"))
            assert not secret or value.startswith("/run/secrets/")
    assert {each["file"].partition("/")[0] for each in compose["secrets"].values()} == {"secrets"}
    ignored = (deploy / ".gitignore").read_text().split()
    assert {"secrets/", ".env"} <= set(ignored)


@pytest.fixture
def made(deploy: Path, tmp_path: Path) -> Path:
    """What make-secrets makes, in a folder of the test's own."""
    shutil.copy(deploy / "make-secrets", tmp_path)
    subprocess.run([tmp_path / "make-secrets"], check=True, capture_output=True)
    return tmp_path / "secrets"


def test_make_secrets_makes_all_of_them(compose: dict[str, Any], made: Path) -> None:
    assert {path.name for path in made.iterdir()} == {
        Path(each["file"]).name for each in compose["secrets"].values()
    }
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    # Users of the containers read them.
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()} == {0o644}


def test_they_fit_together(compose: dict[str, Any], made: Path) -> None:
    password = (made / "postgres_password").read_text().strip()
    assert len(password) == 32
    postgres = services(compose)["postgres"]["environment"]
    address = f"{postgres['POSTGRES_USER']}:{password}@postgres:5432/{postgres['POSTGRES_DB']}"
    assert (made / "database_url").read_text().strip().endswith(f"://{address}")
    word = (made / "redis_password").read_text().strip()
    assert (made / "redis_url").read_text().strip() == f"redis://:{word}@redis:6379/0"
    (identity,) = yaml.safe_load((made / "s3.json").read_text())["identities"]
    assert identity["credentials"] == [
        {
            "accessKey": (made / "AWS_ACCESS_KEY_ID").read_text().strip(),
            "secretKey": (made / "AWS_SECRET_ACCESS_KEY").read_text().strip(),
        }
    ]


def test_a_second_time_it_changes_nothing(made: Path) -> None:
    before = {path.name: path.read_text() for path in made.iterdir()}
    again = subprocess.run(
        [made.parent / "make-secrets"], check=True, capture_output=True, text=True
    )
    assert {path.name: path.read_text() for path in made.iterdir()} == before
    assert again.stdout == ""


def test_a_bucket_that_cannot_be_made_is_said(deploy: Path, made: Path) -> None:
    ended = subprocess.run(
        [deploy / "make-bucket.sh", "http://127.0.0.1:1", "talks"],
        env={**os.environ, "SECRETS": str(made), "RETRIES": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert (made / "AWS_SECRET_ACCESS_KEY").read_text().strip() not in ended.stderr + ended.stdout
