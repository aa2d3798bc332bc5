"""`vivavoce doctor` on this machine, and on one with something wrong."""

import re
from pathlib import Path
from typing import Any


def test_a_machine_that_passes_the_tests_is_well(run: Any, fake_portaudio: Path) -> None:
    done = run("doctor", PYTHONPATH=str(fake_portaudio))
    assert done.returncode == 0
    assert re.search(
        r"^ok  Engine +moonshine reads the demo in [\d.]+ of its time$", done.stdout, re.MULTILINE
    )
    assert re.search(r"^ok  Words +timed by pocketsphinx$", done.stdout, re.MULTILINE)
    assert re.search(r"^ok  Finals +by the same model$", done.stdout, re.MULTILINE)
    assert re.search(r"^ok  Microphone +Headset, Webcam, Broken set$", done.stdout, re.MULTILINE)


def test_what_is_wrong_is_said_with_what_to_do(run: Any, home: Path, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    (home / "file").touch()
    done = run(
        "doctor",
        PYTHONPATH=str(tmp_path),
        VIVAVOCE_DATA_DIR="file/data",
        VIVAVOCE_ENGINE="none",
    )
    assert done.returncode == 1
    for line in (
        r"Data +\S+ cannot be written \(Not a directory\)$",
        r"Microphone +The PortAudio library is missing",
        r"Engine +There is no engine 'none'",
    ):
        assert re.search("^!!  " + line, done.stdout, re.MULTILINE)
    assert "VIVAVOCE_DATA_DIR" in done.stdout
