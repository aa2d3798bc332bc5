"""`vivavoce serve`: what it says, and that it serves."""

import importlib
import pkgutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from vivavoce import dialects
from vivavoce.server.transport.protocol import MAX_MESSAGE


@pytest.mark.parametrize("extra", [[], ["--workers", "2"]])
def test_it_says_where_to_open_it_serves_and_ends_on_interrupt(
    extra: list[str], command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with subprocess.Popen(
        [*command, "serve", "--port", "0", "--data-dir", str(data), *extra],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().decode().split() for _ in range(5)]
        assert [line[0] for line in lines] == ["Vivavoce", "Open", "Engine", "Data", "Ctrl-C"]
        assert lines[2][1] == "moonshine"
        assert lines[3][1] == str(data)
        transport = httpx2.HTTPTransport(retries=8)
        with httpx2.Client(transport=transport, base_url=lines[1][1], timeout=120) as http:
            assert http.get("/ready").json()["ready"] is True
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=120)
    assert process.returncode in (0, 130)
    assert b"Traceback" not in complaints


def test_a_taken_port_is_one_sentence(run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"vivavoce: Cannot serve on 127.0.0.1 port {port} (address already in use); "
        "choose another with --host or --port.\n"
    )


def test_a_data_directory_that_cannot_be_is_one_sentence(run: Any, home: Path) -> None:
    (home / "file").touch()
    done = run("serve", "--data-dir", "file/data")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"vivavoce: The data directory {home / 'file' / 'data'} cannot be written "
        "(Not a directory); choose another with --data-dir.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--engine", "none"], "There is no engine 'none'"),
        (["--workers", "0"], "workers cannot be 0 (--workers)"),
        (
            ["--host", "nowhere.invalid", "--auth", "keys"],
            "Cannot serve on nowhere.invalid port 8000",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    arguments: list[str], sentence: str, run: Any
) -> None:
    done = run("serve", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_library_that_cannot_be_used_is_one_sentence(run: Any, home: Path) -> None:
    (home / "data").mkdir()
    (home / "data" / "library.db").write_bytes(b"not a database" * 500)
    done = run("serve", "--port", "0", "--data-dir", "data")
    assert done.returncode != 0
    assert "library.db cannot be used: file is not a database" in done.stderr


def test_debug_tells_where_a_start_failed(
    command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "library.db").write_bytes(b"not a database" * 500)
    done = subprocess.run(
        [*command, "serve", "--port", "0", "--data-dir", str(tmp_path), "--log-level", "debug"],
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert b"Traceback" in done.stderr


def test_a_message_of_any_protocol_gets_as_far_as_its_dialect() -> None:
    names = [module.name for module in pkgutil.iter_modules(dialects.__path__)]
    modules = [importlib.import_module(f"vivavoce.dialects.{name}") for name in names]
    largest = max(getattr(module, "MAX_MESSAGE", 0) for module in modules)
    assert largest < MAX_MESSAGE


def test_one_port_for_two_is_one_sentence(run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    result = run("serve", "--port", port, "--tls-port", port)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].endswith(f"are both {port}; choose two.")
