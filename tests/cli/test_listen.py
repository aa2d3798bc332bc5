"""`vivavoce listen` to a file at speaking pace, and to PortAudio as far as it goes here."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from vivavoce.testing.process import ServerProcess
from vivavoce.testing.words import word_errors

SAID = "Produced the block books, which were the immediate predecessors of the true printed book."


def test_in_this_process(run: Any, clip: Path) -> None:
    done = run("listen", "--device", f"file:{clip}", VIVAVOCE_PORT="1")
    assert (done.returncode, done.stdout) == (0, SAID + "\n")
    assert done.stderr == "Listening in this process; Ctrl-C ends it.\n"


def test_through_the_server_that_runs_here(run: Any, clip: Path, server: ServerProcess) -> None:
    done = run("listen", "--device", f"file:{clip}", VIVAVOCE_PORT=str(server.port))
    assert done.returncode == 0
    assert done.stdout.startswith("Produced the block books")
    assert f"through http://localhost:{server.port}, which keeps" in done.stderr


def test_the_duration_ends_it_and_the_last_words_are_kept(run: Any, clip: Path) -> None:
    done = run("listen", "--device", f"file:{clip}", "--duration", "2", VIVAVOCE_PORT="1")
    assert done.returncode == 0
    assert done.stdout.lower().startswith("produced the block")
    assert "printed book" not in done.stdout


@pytest.mark.parametrize("on_server", [False, True])
def test_an_interrupt_ends_it_and_the_last_words_are_kept(
    on_server: bool,
    command: list[str],
    environment: dict[str, str],
    clip: Path,
    server: ServerProcess,
) -> None:
    port = server.port if on_server else 1
    with subprocess.Popen(
        [*command, "listen", "--device", f"file:{clip}"],
        env={**environment, "VIVAVOCE_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        assert b"Listening" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (0, b"")
    assert out.decode() in SAID + "\n" or out.decode().strip(".\n") in SAID


def test_a_server_that_is_not_there(run: Any, clip: Path) -> None:
    done = run("listen", "--device", f"file:{clip}", "--server", "http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No server can be reached at ws://127.0.0.1:1" in done.stderr


def test_with_openais_protocol(run: Any, clip: Path, server: ServerProcess) -> None:
    done = run("listen", "--protocol", "openai", "--server", server.url, "--device", f"file:{clip}")
    assert done.returncode == 0
    assert word_errors(SAID, done.stdout) <= 1
    assert (
        done.stderr == f"Listening through {server.url} with OpenAI's protocol; Ctrl-C ends it.\n"
    )


def test_with_openais_protocol_an_interrupt_keeps_the_last_words(
    command: list[str], environment: dict[str, str], server: ServerProcess, fake_portaudio: Path
) -> None:
    with subprocess.Popen(
        [*command, "listen", "--protocol", "openai", "--device", "head"],
        env={
            **environment,
            "PYTHONPATH": str(fake_portaudio),
            "VIVAVOCE_PORT": str(server.port),
            "OPENAI_API_KEY": "any",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        assert b"with OpenAI's protocol" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints, out) == (0, b"", b"")  # nobody said anything


def test_with_openais_protocol_and_no_server(run: Any, clip: Path) -> None:
    done = run("listen", "--protocol", "openai", "--device", f"file:{clip}", VIVAVOCE_PORT="1")
    sentence = "No server runs on this machine; name one with --server URL."
    assert (done.returncode, done.stderr) == (1, f"vivavoce: {sentence}\n")


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({}, "None was sent: MY_KEY is not set."),
        ({"MY_KEY": "wrong"}, "The key is that in MY_KEY."),
    ],
)
def test_a_refused_key_says_where_it_was_from(
    variables: dict[str, str], why: str, run: Any, clip: Path, server: ServerProcess
) -> None:
    elsewhere = f"{server.url}nowhere"
    options = ("--protocol", "openai", "--server", elsewhere, "--key-env", "MY_KEY")
    done = run("listen", *options, "--device", f"file:{clip}", **variables)
    assert done.returncode == 1
    assert "refused the key, or does not know this address (HTTP status 403). " in done.stderr
    assert done.stderr.endswith(f"{why}\n")


@pytest.mark.parametrize("name", ["nowhere.wav", "text_named.wav"])
def test_a_file_that_cannot_be_played(name: str, run: Any, data: Path) -> None:
    done = run("listen", "--device", f"file:{data / name}", VIVAVOCE_PORT="1")
    assert (done.returncode, done.stdout) == (1, "")
    assert name in done.stderr


def test_devices_are_listed(run: Any, fake_portaudio: Path) -> None:
    done = run("listen", "--devices", PYTHONPATH=str(fake_portaudio))
    assert done.stdout == (
        "Number\tDevice\tHz\n1\tHeadset\t16000\n2\tWebcam (default)\t44100\n3\tBroken set\t8000\n"
    )


@pytest.mark.parametrize("device", [[], ["--device", "head"]])
def test_a_microphone_is_recorded(device: list[str], run: Any, fake_portaudio: Path) -> None:
    done = run(
        "listen", *device, "--duration", "1", PYTHONPATH=str(fake_portaudio), VIVAVOCE_PORT="1"
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "Listening in this process; Ctrl-C ends it.\n"


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        ("7", "No device is called '7'; choose one of: 1 Headset, 2 Webcam, 3 Broken set."),
        ("set", "Several devices are called 'set'; choose one of: 1 Headset, 3 Broken set."),
        ("3", "Broken set cannot be used: Device unavailable."),
    ],
)
def test_a_device_that_cannot_be_chosen(
    device: str, sentence: str, run: Any, fake_portaudio: Path
) -> None:
    done = run("listen", "--device", device, PYTHONPATH=str(fake_portaudio), VIVAVOCE_PORT="1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"vivavoce: {sentence}\n"


def test_without_portaudio_it_says_what_to_install(run: Any, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    done = run("listen", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("vivavoce: The PortAudio library is missing; install it")


def test_on_a_terminal_it_asks_which_of_several(
    command: list[str], environment: dict[str, str], fake_portaudio: Path
) -> None:
    near, far = os.openpty()
    with subprocess.Popen(
        [*command, "listen", "--duration", "0"],
        env={**environment, "PYTHONPATH": str(fake_portaudio), "TERM": "xterm"},
        stdin=far,
        stdout=subprocess.PIPE,
        stderr=far,
    ) as process:
        os.close(far)
        shown = b""
        while b"Which one" not in shown:
            shown += os.read(near, 4096)
        os.write(near, b"3\n")
        while b"cannot be used" not in shown:
            shown += os.read(near, 4096)
    os.close(near)
    assert b"1 Headset" in shown
    assert b"Broken set cannot be used" in shown
    assert process.returncode == 1


def test_spoken_commands_are_for_a_server(run: Any, clip: Path, server: ServerProcess) -> None:
    asked = ("listen", "--voice-commands", "--device", f"file:{clip}")
    done = run(*asked, VIVAVOCE_PORT=str(server.port))
    assert (done.returncode, done.stdout) == (0, SAID + "\n")
    nowhere = run(*asked, VIVAVOCE_PORT="1")
    assert nowhere.returncode == 1
    assert "obeyed by a server" in nowhere.stderr
    other = run(*asked, "--protocol", "openai", "--server", server.url)
    assert other.returncode == 2
    assert "no spoken commands" in other.stderr
