"""`vivavoce keys`, and what `vivavoce serve` says of who may."""

import asyncio
import signal
import subprocess
from datetime import date
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import Run
from vivavoce.core.types import Use
from vivavoce.library.keys import id_of
from vivavoce.library.sql import SqlRepository


def listed(run: Run, data: Path) -> list[dict[str, str]]:
    done = run("keys", "list", "--data-dir", str(data))
    assert done.returncode == 0, done.stderr
    head, *rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_a_key_is_shown_once(run: Run, tmp_path: Path) -> None:
    done = run("keys", "create", "kiosk", "--data-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    key = done.stdout.strip()
    assert "shown now and never again" in done.stderr
    assert "may transcribe, read, and what it makes belongs to kiosk" in done.stderr
    (row,) = listed(run, tmp_path)
    assert row["Id"] == id_of(key)
    assert (row["Name"], row["Owner"], row["Scopes"]) == ("kiosk", "kiosk", "transcribe, read")
    assert (row["Limits"], row["Last used"], row["State"]) == ("", "", "good")
    assert key not in str(listed(run, tmp_path))
    assert key.rpartition("_")[2].encode() not in (tmp_path / "library.db").read_bytes()


def test_it_is_whose_and_for_what_is_said(run: Run, tmp_path: Path) -> None:
    options = ["--owner", "ada", "--scope", "read,manage", "--scope", "read", "--expires", "7"]
    options += ["--connections", "2", "--requests", "60", "--minutes", "90", "--upload-mb", "100"]
    run("keys", "create", "a phone", *options, "--data-dir", str(tmp_path))
    (row,) = listed(run, tmp_path)
    assert (row["Name"], row["Owner"], row["Scopes"]) == ("a phone", "ada", "read, manage")
    assert row["Limits"] == "connections 2, requests 60, minutes 90, upload_mb 100"
    assert row["State"].startswith("expires 20")


@pytest.mark.parametrize("by", ["id", "key"])
def test_it_is_revoked(run: Run, tmp_path: Path, by: str) -> None:
    key = run("keys", "create", "kiosk", "--data-dir", str(tmp_path)).stdout.strip()
    named = id_of(key) or ""
    done = run("keys", "revoke", named if by == "id" else key, "--data-dir", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"The key {named} (kiosk) is revoked.\n"
    assert listed(run, tmp_path)[0]["State"].startswith("revoked 20")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["revoke", "nobody"], "There is no key nobody."),
        (["create", "kiosk", "--scope", "write"], "There is no scope 'write'; there are "),
        (["create", " "], "A key's name has 1 to 64 characters that can be printed."),
        (["create", "kiosk", "--owner", "x" * 65], "An owner has 1 to 64 characters"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    run: Run, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    done = run("keys", *arguments, "--data-dir", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_other_machines_are_not_served_unasked(run: Run, host: str) -> None:
    done = run("serve", "--port", "0", "--host", host)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--auth keys" in done.stderr
    assert "--open-to-all" in done.stderr
    assert done.stderr.count("\n") == 1


def test_with_keys_they_are(
    command: list[str], environment: dict[str, str], run: Run, tmp_path: Path
) -> None:
    key = run("keys", "create", "kiosk", "--data-dir", str(tmp_path)).stdout.strip()
    arguments = ["--port", "0", "--host", "0.0.0.0", "--engine", "scripted", "--auth", "keys"]
    with subprocess.Popen(
        [*command, "serve", *arguments, "--data-dir", str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        said: dict[str, str] = {}
        while "Ctrl-C" not in said:
            word, _, rest = process.stdout.readline().decode().strip().partition(" ")
            said[word] = rest.strip()
        assert "vivavoce keys create" in said["Keys"]
        transport = httpx2.HTTPTransport(retries=8)
        with httpx2.Client(transport=transport, base_url=said["Open"], timeout=120) as http:
            assert http.get("/ready").status_code == 200
            assert http.get("/api/v1/recordings").status_code == 401
            shown = {"Authorization": f"Bearer {key}"}
            assert http.get("/api/v1/recordings", headers=shown).status_code == 200
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=120)
    assert b"Traceback" not in complaints
    assert key.encode() not in complaints


def test_commands_that_read_the_library_read_one_owners(run: Run, tmp_path: Path) -> None:
    async def use() -> None:
        repository = await SqlRepository.open(tmp_path)
        await repository.count("ada", date(2026, 11, 20), [Use("moonshine", "tiny", 16_000)])
        await repository.close()

    asyncio.run(use())
    seen = {
        owner: run("usage", *options, "--data-dir", str(tmp_path)).stdout.splitlines()[1:]
        for owner, options in {"ada": ["--owner", "ada"], "local": []}.items()
    }
    assert seen == {"ada": ["moonshine\ttiny\t1.0\t"], "local": []}
