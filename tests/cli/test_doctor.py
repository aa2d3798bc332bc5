"""`vivavoce doctor` on this machine, and on one with something wrong."""

import re
from pathlib import Path
from typing import Any

from vivavoce.testing.buckets import S3Server
from vivavoce.testing.faulty import FOLDER, Faults


def test_a_machine_that_passes_the_tests_is_well(run: Any, fake_portaudio: Path) -> None:
    done = run("doctor", PYTHONPATH=str(fake_portaudio))
    assert done.returncode == 0
    assert re.search(
        r"^ok  Engine +moonshine reads the demo in [\d.]+ of its time$", done.stdout, re.MULTILINE
    )
    assert re.search(r"^ok  Fallbacks +none: moonshine is tried again$", done.stdout, re.MULTILINE)
    assert re.search(r"^ok  Words +timed by pocketsphinx$", done.stdout, re.MULTILINE)
    assert re.search(r"^ok  Finals +by the same model$", done.stdout, re.MULTILINE)
    assert re.search(r"^ok  Microphone +Headset, Webcam, Broken set$", done.stdout, re.MULTILINE)


def test_what_is_wrong_is_said_with_what_to_do(
    run: Any, home: Path, tmp_path: Path, s3: S3Server
) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    (home / "file").touch()
    done = run(
        "doctor",
        PYTHONPATH=str(tmp_path),
        VIVAVOCE_DATA_DIR="file/data",
        VIVAVOCE_ENGINE="none",
        VIVAVOCE_DATABASE_URL="postgresql://ada:hunter2@127.0.0.1:1/voice",
        VIVAVOCE_BLOBS_URL="s3://no-such-bucket",
        **s3.environment(),
    )
    assert done.returncode == 1
    for line in (
        r"Data +\S+ cannot be written \(Not a directory\)$",
        r"Library +The library postgresql://127\.0\.0\.1:1/voice cannot be used: .+\.$",
        r"Blobs +Cannot list recordings in s3://no-such-bucket: .+ \(NoSuchBucket\)\.$",
        r"Microphone +The PortAudio library is missing",
        r"Engine +There is no engine 'none'",
    ):
        assert re.search("^!!  " + line, done.stdout, re.MULTILINE)
    assert "VIVAVOCE_DATA_DIR" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_each_engine_of_a_chain_is_tried(
    run: Any, fake_portaudio: Path, tmp_path: Path, postgres_url: str, s3: S3Server, s3_url: str
) -> None:
    Faults(tmp_path).set("faulty-native/load")
    chain = {"PYTHONPATH": str(fake_portaudio), FOLDER: str(tmp_path), "VIVAVOCE_FINALS": "tiny"}
    first = run("doctor", **chain, VIVAVOCE_ENGINES="faulty-native,moonshine")
    assert first.returncode == 0
    assert re.search(r"^!!  Engine +faulty-native was told not to load", first.stdout, re.MULTILINE)
    assert re.search(r"^ok  Fallbacks +moonshine$", first.stdout, re.MULTILINE)
    stores = {"VIVAVOCE_DATABASE_URL": postgres_url, "VIVAVOCE_BLOBS_URL": s3_url}
    stores |= s3.environment()
    second = run("doctor", **chain, **stores, VIVAVOCE_ENGINES="scripted,faulty-native")
    assert second.returncode == 0
    line = r"^!!  Fallbacks +faulty-native was told not to load"
    assert re.search(line, second.stdout, re.MULTILINE)
    assert re.search(
        r"^ok  Library +postgresql://127\.0\.0\.1:\d+/\w+$", second.stdout, re.MULTILINE
    )
    assert re.search(rf"^ok  Blobs +{s3_url}$", second.stdout, re.MULTILINE)
    neither = run("doctor", **chain, VIVAVOCE_ENGINES="faulty-native,faulty-native")
    assert neither.returncode == 1
