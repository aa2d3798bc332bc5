"""The container's entry script, run as it is, and what it leads to."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from vivavoce.engines.fake import say
from vivavoce.library import migrations
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.wire import open_wire

Launch = Callable[..., ServerProcess]


@pytest.fixture
def entry(deploy: Path) -> Path:
    return deploy / "entry.sh"


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that /run/secrets is in a container."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setenv("SECRETS", str(folder))
    return folder


def run(entry: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("VIVAVOCE_")}
    return subprocess.run(
        [entry, *command],
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.anyio
async def test_a_server_hears_signals_through_it_and_lets_sessions_go(
    contained: tuple[str, ...], secrets: Path, launch: Launch
) -> None:
    (secrets / "grace_s").write_text("61\n")
    server = launch(command=contained)
    async with open_wire(server.url) as wire:
        ready = await wire.start()
        await wire.frame(0, say("alfa", "bravo").tobytes())
        await wire.until("ack", frame=0)
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        assert await wire.closed() == 1001
        assert wire.heard[-1] == {"type": "bye", "reason": "draining"}
    assert await stopping in (0, -15)

    await asyncio.to_thread(server.start)
    async with open_wire(server.url) as wire:
        assert (await wire.resume(ready))["next_frame"] == 1
        await wire.say(type="finish")
        assert await wire.closed() == 1000
    assert wire.finals == ["alfa bravo"]


def revision(library: Path, upgrade: str | None = None) -> str:
    """Of a library's tables; `upgrade` makes them first."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = create_engine(f"sqlite:///{library}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        if upgrade is not None:
            command.upgrade(config, upgrade)
        found = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    assert found
    return found


def test_a_start_brings_an_older_library_up_to_date(
    contained: tuple[str, ...], secrets: Path, tmp_path: Path, launch: Launch
) -> None:
    library = tmp_path / "data" / "library.db"
    library.parent.mkdir()
    assert revision(library, upgrade="0001") == "0001"
    launch(command=contained)
    assert revision(library) == max(migrations.revisions())


def test_secrets_are_settings_and_variables(entry: Path, secrets: Path, tmp_path: Path) -> None:
    (secrets / "smtp_password").write_text("not told\n")
    (secrets / "AWS_SECRET_ACCESS_KEY").write_text("a/b+c=\n")
    (secrets / "..data").mkdir()  # as Kubernetes has
    ended = run(entry, "sh", "-c", 'echo "$VIVAVOCE_SMTP_PASSWORD|$AWS_SECRET_ACCESS_KEY"')
    assert ended.stdout == "not told|a/b+c=\n"
    assert ended.stderr == ""


def test_without_secrets_there_is_nothing_to_read(entry: Path, tmp_path: Path) -> None:
    ended = run(entry, "sh", "-c", "exit 7", SECRETS=str(tmp_path / "none"))
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "", "")


def test_a_name_that_no_variable_has_is_refused(entry: Path, secrets: Path) -> None:
    (secrets / "s3.json").write_text("{}")
    ended = run(entry, "true")
    assert ended.returncode == 1
    assert ended.stderr == (
        f"s3.json in {secrets} cannot be the name of a setting or of a variable.\n"
    )


def test_a_data_folder_that_cannot_be_written_is_refused_in_one_sentence(
    entry: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("")
    for folder in ("/proc/vivavoce/data", str(tmp_path / "taken")):
        ended = run(entry, "echo", "started", VIVAVOCE_DATA_DIR=folder)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr == (
            f"The data folder {folder} cannot be written by user {os.getuid()}: give it to that "
            f"user (chown {os.getuid()}:{os.getgid()}), or set VIVAVOCE_DATA_DIR to another.\n"
        )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_so_it_is_to_who_is_not_its_owner(entry: Path) -> None:
    """As a folder of the host that was mounted and belongs to root."""
    with tempfile.TemporaryDirectory(dir="/var/lib") as made:  # where everybody may look
        place = Path(made)
        place.chmod(0o755)
        shown, theirs = place / "entry.sh", place / "data"
        shown.write_bytes(entry.read_bytes())
        shown.chmod(0o755)
        theirs.mkdir(mode=0o755)
        script = (
            f"import os; os.setgid(10001); os.setuid(10001); "
            f"os.execv({str(shown)!r}, ['entry', 'echo', 'started'])"
        )
        ended = run(Path(sys.executable), "-c", script, VIVAVOCE_DATA_DIR=str(theirs))
    assert ended.returncode == 1
    assert "cannot be written by user 10001: give it to that user (chown 10001:10001)" in (
        ended.stderr
    )
