"""`vivavoce transcribe` with the embedded engine."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pysubs2
import pytest

from vivavoce.audio.wav import wav_header
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.testing.process import ServerProcess

SAID = "Produced the block books, which were the immediate predecessors of the true printed book."


def test_text_goes_to_stdout_and_nothing_else_does(run: Any, clip: Path) -> None:
    done = run("transcribe", str(clip))
    assert (done.returncode, done.stdout, done.stderr) == (0, SAID + "\n", "")


def test_what_is_logged_stays_out_of_the_text(run: Any, home: Path, clip: Path) -> None:
    (home / "pocketsphinx.py").write_text('raise OSError("it is broken")')
    done = run("transcribe", str(clip), PYTHONPATH=str(home))
    assert (done.returncode, done.stdout) == (0, SAID + "\n")
    assert "words will have no times" in done.stderr


def test_a_pipe_is_read(run: Any, clip: Path) -> None:
    done = run("transcribe", "-", "--format", "jsonl", stdin=clip.read_bytes())
    assert done.returncode == 0
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == [SAID]


def test_who_speaks(run: Any, home: Path) -> None:
    """The scripted diarizer takes each third of the alphabet for a voice."""
    pcm = np.concatenate([say("alfa", "bravo"), silence(1.5), say("november")])
    talk = home / "talk.wav"
    sound = (pcm * 32767).astype("<i2").tobytes()
    talk.write_bytes(wav_header(AudioFormat(), len(sound)) + sound)
    scripted = {"VIVAVOCE_ENGINES": "scripted", "VIVAVOCE_DIARIZER": "scripted"}
    done = run("transcribe", str(talk), "--speakers", **scripted)
    assert (done.returncode, done.stdout) == (0, "S1: alfa bravo\nS2: november\n")


def test_captions_can_be_read_by_others(run: Any, clip: Path) -> None:
    done = run("transcribe", str(clip), "--format", "srt")
    captions = pysubs2.SSAFile.from_string(done.stdout, format_="srt")
    assert " ".join(line.plaintext for line in captions).replace("\n", " ") == SAID


def test_bad_files_are_named_and_the_others_are_done_all_the_same(
    run: Any, clip: Path, data: Path
) -> None:
    bad = [data / "text_named.wav", data / "empty.wav", data / "nowhere.wav", data]
    done = run("transcribe", *map(str, bad), str(clip))
    assert (done.returncode, done.stdout) == (1, SAID + "\n")
    complaints = done.stderr.splitlines()
    assert len(complaints) == len(bad)
    for complaint, path in zip(complaints, bad, strict=True):
        assert complaint.startswith("vivavoce: ")
        assert path.name in complaint


def test_nothing_but_rubbish_in_a_pipe(run: Any) -> None:
    for rubbish in (b"", b"this is not audio" * 100):
        done = run("transcribe", "-", "--output", "out.txt", stdin=rubbish)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("vivavoce: ")


def test_several_files_go_into_a_folder(run: Any, clip: Path, data: Path, home: Path) -> None:
    copy = home / "ljspeech_short.mp3"
    copy.write_bytes((data / "plain.mp3").read_bytes())
    bad = data / "text_named.wav"
    done = run("transcribe", str(clip), str(copy), str(bad), "-o", "out", "--format", "vtt")
    assert (done.returncode, done.stdout) == (1, "")
    assert sorted(path.name for path in (home / "out").iterdir()) == [
        "ljspeech_short.mp3.vtt",
        "ljspeech_short.wav.vtt",
    ]
    assert (home / "out" / "ljspeech_short.wav.vtt").read_text().startswith("WEBVTT\n\n00:00:00.")


def test_the_output_says_which_format(run: Any, clip: Path, home: Path) -> None:
    done = run("transcribe", str(clip), "--output", "words.json")
    assert done.returncode == 0
    assert json.loads((home / "words.json").read_text())["text"] == SAID


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.wav", "b.wav", "--format", "srt"], "Several files as srt need --output and a folder."),
        (["a.wav", "b.wav", "-o", "taken"], "taken is a file, but several files need a folder."),
        (["a.wav", "--engine", "none"], "There is no engine 'none'"),
        (["a.wav", "--language", "tlh"], "not tlh"),
        (["a.wav", "--server", "http://127.0.0.1:1"], "No server can be reached"),
        (["a.wav", "--server", "ftp://x"], "is not a server's address"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    arguments: list[str], sentence: str, run: Any, clip: Path, home: Path
) -> None:
    (home / "taken").touch()
    (home / "a.wav").write_bytes(clip.read_bytes())
    done = run("transcribe", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_output_that_cannot_be_written(run: Any, clip: Path, home: Path) -> None:
    (home / "taken").touch()
    done = run("transcribe", str(clip), "--output", "taken/words.txt")
    assert done.returncode == 1
    assert "taken/words.txt cannot be written" in done.stderr


def test_a_server_may_do_it(run: Any, clip: Path, data: Path, server: ServerProcess) -> None:
    bad = data / "text_named.wav"
    done = run("transcribe", str(bad), str(clip), "--server", server.url)
    assert (done.returncode, done.stdout) == (1, SAID + "\n")
    assert done.stderr.startswith("vivavoce: text_named.wav")
    assert done.stderr.count("\n") == 1


def test_on_a_terminal_the_progress_is_there_and_the_text_in_the_pipe(
    command: list[str], environment: dict[str, str], clip: Path
) -> None:
    near, far = os.openpty()
    with subprocess.Popen(
        [*command, "transcribe", str(clip)],
        env={**environment, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=far,
    ) as process:
        os.close(far)
        assert process.stdout is not None
        assert process.stdout.read().decode() == SAID + "\n"
    assert clip.name.encode() in os.read(near, 65536)
    os.close(near)
