"""Files that are made to cost more than they are: their decoder ends, and nobody else notices."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import child, container
from vivavoce.audio.bounds import FILES, MEMORY
from vivavoce.audio.confined import FAULT
from vivavoce.audio.pcm import Mono
from vivavoce.audio.wav import wav_header
from vivavoce.core.errors import BadAudio, OurError
from vivavoce.core.types import AudioFormat

pytestmark = pytest.mark.anyio

Read = Callable[..., Awaitable[Mono]]

CONTAINER = AudioFormat("container")
SAMPLES = bytes(2000)

ALTERED = (
    "8k.amr",
    "adts.aac",
    "index_first.m4a",
    "opus.ogg",
    "opus_stereo.webm",
    "reference.flac",
)


def python(code: str, *arguments: str, told: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, input=told, capture_output=True, check=False, timeout=120)


def decoder(monkeypatch: pytest.MonkeyPatch, folder: Path, does: str) -> None:
    """Have this shell command in place of the decoder."""
    path = folder / "decoder"
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


def test_hours_of_nothing_in_a_few_bytes(tmp_path: Path) -> None:
    path = tmp_path / "bomb.flac"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("flac", rate=16_000, layout="mono")
        for second in range(300):
            frame = av.AudioFrame("s16", "mono", 16_000)
            frame.sample_rate, frame.pts = 16_000, 16_000 * second
            frame.planes[0].update(bytes(32_000))
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    size = path.stat().st_size
    shorter = "import sys, vivavoce.audio.frames as f, vivavoce.audio.decoder as d;"
    shorter += "f.LONG = 60 * 16_000; sys.exit(d.main())"
    ended = python(shorter, str(path), told=b"%d end\n" % size)
    assert ended.returncode == FAULT
    assert "bytes, which no sound is" in json.loads(ended.stderr)["fault"]
    assert len(ended.stdout) < 200 * 16_000 * 4


def test_a_decoder_that_computes_for_nothing_is_ended_by_the_system() -> None:
    spinning = "from vivavoce.audio.bounds import Processor\nProcessor(1)\nwhile True: pass"
    assert python(spinning).returncode == -child.SPUN


def test_a_decoder_that_has_something_to_show_goes_on() -> None:
    working = "import time; from vivavoce.audio.bounds import Processor; p = Processor(1)\n"
    working += "while time.process_time() < 2.5: p.renew()"
    assert python(working).returncode == 0


def test_what_a_decoder_may_not_have(tmp_path: Path) -> None:
    greedy = f"""
import os, resource, sys
from vivavoce.audio.bounds import bound
bound()
try: bytearray({MEMORY + 1})
except MemoryError: print("memory")
try:
    with open(sys.argv[1], "wb", buffering=0) as file: file.write(b"x")
except OSError: print("writing")
try: held = [os.open(os.devnull, os.O_RDONLY) for _ in range({FILES + 1})]
except OSError: print("files")
"""
    ended = python(greedy, str(tmp_path / "written"))
    assert ended.stdout.split() == [b"memory", b"writing", b"files"], ended.stderr
    assert (tmp_path / "written").read_bytes() == b""


async def test_a_decoder_knows_no_secrets(
    read: Read, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVAVOCE_OPENAI_API_KEY", "sk-not-for-files")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-for-files")
    monkeypatch.setenv("VIVAVOCE_SMTP_PASSWORD", "not-for-files")
    decoder(monkeypatch, tmp_path, f"env > '{tmp_path}/seen'")
    await read(data / "plain.mp3", CONTAINER)
    seen = (tmp_path / "seen").read_text()
    assert "PATH=" in seen
    assert "not-for-files" not in seen


async def test_a_decoder_that_ran_out_of_its_time(
    read: Read, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder(monkeypatch, tmp_path, "kill -XCPU $$")
    with pytest.raises(BadAudio, match=r"plain\.mp3 takes longer to decode than any sound does"):
        await read(data / "plain.mp3", CONTAINER)


async def test_a_decoder_that_crashes(
    read: Read, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder(monkeypatch, tmp_path, "kill -SEGV $$")
    with pytest.raises(OurError, match=r"stopped in the middle of plain\.mp3"):
        await read(data / "plain.mp3", CONTAINER)


async def test_a_decoder_that_hangs(
    read: Read, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "LOOK", 0.05)
    decoder(monkeypatch, tmp_path, f"echo $$ > '{tmp_path}/pid'; exec sleep 1000")
    with pytest.raises(BadAudio, match="takes longer to decode"):
        await read(data / "plain.mp3", CONTAINER)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize(
    ("channels", "rate"), [(65_535, 16_000), (1, 0xFFFFFFFF), (0, 16_000), (1, 0), (255, 768_000)]
)
async def test_a_header_that_promises_too_much(
    read: Read, tmp_path: Path, channels: int, rate: int
) -> None:
    head = bytearray(wav_header(AudioFormat(), 0xFFFFFF00))
    head[22:28] = struct.pack("<HI", channels, rate)
    path = tmp_path / "promises.wav"
    path.write_bytes(bytes(head) + SAMPLES)
    with suppress(BadAudio):
        assert len(await read(path, CONTAINER)) <= len(SAMPLES)


async def test_a_container_of_countless_tracks(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "tracks.mka"
    with av.open(str(path), "w", format="matroska") as file:
        streams = [file.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(120)]
        frame = av.AudioFrame("s16", "mono", 800)
        frame.sample_rate = 8000
        for stream in streams:
            file.mux(stream.encode(frame))
    with suppress(BadAudio):
        assert len(await read(path, CONTAINER)) <= 2000


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.gz"])
async def test_an_archive_is_not_unpacked(read: Read, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes((b"PK\3\4" if name.endswith("zip") else b"\x1f\x8b") + bytes(2000))
    with pytest.raises(BadAudio, match="it looks like a"):
        await read(path, CONTAINER)


@pytest.mark.parametrize("name", ALTERED)
def test_a_file_in_which_anything_is_changed(name: str, data: Path) -> None:
    whole = (data / name).read_bytes()

    @given(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.binary(max_size=6)), max_size=9))
    @settings(max_examples=4)
    def try_it(changes: list[tuple[int, bytes]]) -> None:
        altered = bytearray(whole)
        for at, anything in changes:
            altered[at : at + len(anything)] = anything
        assert decoded(bytes(altered)) in (0, FAULT)

    try_it()


def decoded(file: bytes) -> int:
    """The exit status of a decoder of its own."""
    tmp = Path(os.environ.get("TMPDIR", "/tmp")) / f"altered-{os.getpid()}"
    tmp.write_bytes(file)
    try:
        return subprocess.run(
            [sys.executable, "-P", "-m", "vivavoce.audio.decoder", str(tmp)],
            input=b"%d end\n" % len(file),
            capture_output=True,
            check=False,
            timeout=240,
        ).returncode
    finally:
        tmp.unlink()
