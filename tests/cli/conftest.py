"""The command as people run it: a process of its own, in an empty home."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from vivavoce.testing.process import ServerProcess

LIMIT = 600.0  # seconds; only for what hangs


class Run(Protocol):
    def __call__(
        self, *args: str, stdin: bytes = b"", **variables: str
    ) -> "subprocess.CompletedProcess[str]": ...


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """This one without our variables, and with a home that holds nothing."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("VIVAVOCE_", "XDG_"))}
    for name in ("HOST", "PORT", "LOG_LEVEL", "COLUMNS"):
        kept.pop(name, None)
    return {**kept, "HOME": str(home), "NO_COLOR": "1", "VIVAVOCE_FINALS": "tiny"}


@pytest.fixture
def command() -> list[str]:
    return [sys.executable, "-m", "vivavoce"]


@pytest.fixture
def run(command: list[str], environment: dict[str, str], home: Path) -> Run:
    def run(*args: str, stdin: bytes = b"", **variables: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [*command, *args],
            input=stdin,
            capture_output=True,
            env={**environment, **variables},
            cwd=home,
            timeout=LIMIT,
            check=False,
        )
        assert b"Traceback" not in done.stderr or "--debug" in args
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server"), finals="tiny")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def clip(data: Path) -> Path:
    """Five seconds of speech."""
    return data / "ljspeech_short.wav"


@pytest.fixture
def fake_portaudio(tmp_path: Path) -> Path:
    """A folder whose `sounddevice` has two microphones that play a ramp, and a loudspeaker."""
    folder = tmp_path / "portaudio"
    folder.mkdir()
    (folder / "sounddevice.py").write_text(SOUNDDEVICE)
    return folder
    return folder


SOUNDDEVICE = """
import threading

class PortAudioError(Exception):
    pass

class default:
    device = (2, 0)

def query_devices():
    return [
        {"index": 0, "name": "Loudspeaker", "max_input_channels": 0, "default_samplerate": 48000.0},
        {"index": 1, "name": "Headset", "max_input_channels": 1, "default_samplerate": 16000.0},
        {"index": 2, "name": "Webcam", "max_input_channels": 2, "default_samplerate": 44100.0},
        {"index": 3, "name": "Broken set", "max_input_channels": 1, "default_samplerate": 8000.0},
    ]

class RawInputStream:
    def __init__(self, *, device, samplerate, blocksize, channels, dtype, callback):
        if device == 3:
            raise PortAudioError("Device unavailable")
        assert (channels, dtype) == (1, "int16")
        self.block = bytes(2 * blocksize)
        self.callback = callback
        self.stopped = threading.Event()

    def __enter__(self):
        threading.Thread(target=self.play, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopped.set()

    def play(self):
        while not self.stopped.wait(0.01):
            self.callback(self.block, len(self.block) // 2, None, None)
"""
