"""The decoder's process, as its parent talks to it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from vivavoce.audio.confined import FAULT

COMMAND = [sys.executable, "-P", "-m", "vivavoce.audio.decoder"]


def run(path: Path, told: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    told = b"%d end\n" % path.stat().st_size if told is None else told
    return subprocess.run(
        [*COMMAND, str(path)], input=told, capture_output=True, check=False, timeout=60
    )


def test_samples_go_to_stdout_and_nothing_else(data: Path) -> None:
    ended = run(data / "plain.mp3")
    assert (ended.returncode, ended.stderr) == (0, b"")
    samples = np.frombuffer(ended.stdout, np.float32)
    assert len(samples) > 30_000
    assert np.abs(samples).max() < 1


def test_a_fault_is_one_line_of_json(data: Path) -> None:
    ended = run(data / "video_without_sound.mp4")
    assert (ended.returncode, ended.stdout) == (FAULT, b"")
    assert json.loads(ended.stderr) == {"fault": "has no sound track"}


def test_it_ends_when_its_parent_is_gone(data: Path) -> None:
    assert run(data / "plain.mp3", b"700\n").returncode == 1


def test_a_playlist_does_not_make_it_open_other_files(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data)
    path = tmp_path / "list.mp3"
    path.write_text("ffconcat version 1.0\nfile adts.aac\n")
    with av.open(io.BytesIO(path.read_bytes()), "r") as file:  # what FFmpeg would do by itself
        assert file.format.name == "concat"
    ended = run(path)
    assert (ended.returncode, ended.stdout) == (FAULT, b"")


def test_what_native_libraries_print_does_not_reach_stdout(data: Path) -> None:
    noisy = (
        "import os, sys; import vivavoce.audio.confined as c; outputs = c.take_outputs();"
        "os.write(1, b'noise'); os.write(2, b'noise'); outputs[0].write(b'sound')"
    )
    ended = subprocess.run([sys.executable, "-c", noisy], capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"sound", b"")
