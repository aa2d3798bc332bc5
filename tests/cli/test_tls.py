"""`vivavoce tls`, and what `vivavoce serve` says where there is TLS."""

import signal
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from vivavoce.server.transport.authority import authority


def test_it_makes_an_authority_and_says_how_it_is_trusted(run: Any, home: Path) -> None:
    done = run("tls", "init", "--data-dir", "data", "--name", "speech.example.org")
    path = home / "data" / "tls" / "authority.pem"
    assert (done.returncode, done.stdout) == (0, f"{path}\n")
    assert path.read_text().startswith("-----BEGIN CERTIFICATE-----")
    for how in (
        f"export SSL_CERT_FILE='{path}'",
        f"export NODE_EXTRA_CA_CERTS='{path}'",
        f"export GRPC_DEFAULT_SSL_ROOTS_FILE_PATH='{path}'",
        "sudo update-ca-certificates",
        "sudo security add-trusted-cert",
        "certutil -addstore -user Root",
        "Firefox",
    ):
        assert how in done.stderr
    made = path.read_bytes()
    assert run("tls", "init", "--data-dir", "data").returncode == 0
    assert path.read_bytes() == made


def test_a_name_that_cannot_be_added_is_one_sentence(run: Any, home: Path) -> None:
    folder = home / "data" / "tls"
    authority(folder)
    done = run("tls", "init", "--data-dir", "data", "--name", "speech.example.org")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"vivavoce: The authority in {folder} was not made for speech.example.org. Delete that "
        "folder, and a new one is made; whoever trusts this one has to trust that instead.\n"
    )


def test_a_server_says_its_secure_address_and_what_to_trust(
    command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    arguments = ["--port", "0", "--tls-port", "0", "--engine", "scripted"]
    arguments += ["--host", "0.0.0.0", "--open-to-all"]
    with subprocess.Popen(
        [*command, "serve", *arguments, "--data-dir", str(tmp_path / "data")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        lines: list[list[str]] = []
        while not (lines and lines[-1][0] == "Ctrl-C"):
            lines.append(process.stdout.readline().decode().split())
        said = {line[0]: line[1:] for line in lines}
        trusted = tmp_path / "data" / "tls" / "authority.pem"
        assert said["Trust"] == [str(trusted)]
        assert said["Phones"][0].startswith("https://")
        assert said["A"][-4:] == ["above", "can", "record", "there."]
        transport = httpx2.HTTPTransport(
            verify=ssl.create_default_context(cafile=trusted), retries=8
        )
        with httpx2.Client(transport=transport, timeout=120) as http:
            for url in (said["Secure"][0], said["Phones"][0]):
                assert http.get(f"{url}/ready").json()["ready"] is True
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=120)
    assert process.returncode in (0, 130)
    assert b"Traceback" not in complaints


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"VIVAVOCE_TLS_KEY": "key.pem"}, "tls_key needs a tls_cert that it is the key of."),
        ({"VIVAVOCE_TLS_CERT": "none.pem"}, "tls_cert needs a tls_port to be shown on."),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    variables: dict[str, str], sentence: str, run: Any
) -> None:
    done = run("serve", **variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"vivavoce: {sentence}\n"


def test_a_taken_port_is_one_sentence(run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", "0", "--tls-port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"vivavoce: Cannot serve on 127.0.0.1 port {port} (address already in use); "
        "choose another with --host or --tls-port.\n"
    )
