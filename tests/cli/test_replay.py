"""`vivavoce replay`, with the embedded engine, beside a running server and after a crash."""

import asyncio
import wave
from pathlib import Path
from typing import Any, NoReturn

import pytest

from vivavoce.client import Session, connect
from vivavoce.core.events import Final, Marker
from vivavoce.core.types import AudioFormat
from vivavoce.testing.process import ServerProcess

FORMAT = AudioFormat(rate=22_050)
SECOND = 2 * FORMAT.rate  # bytes


def samples(clip: Path) -> bytes:
    with wave.open(str(clip)) as file:
        assert file.getparams()[:3] == (1, 2, FORMAT.rate)
        pcm: bytes = file.readframes(file.getnframes())
        return pcm


async def send(session: Session, pcm: bytes) -> None:
    for at in range(0, len(pcm), SECOND // 10):
        await session.send(pcm[at : at + SECOND // 10])


async def record(url: str, clip: Path) -> str:
    """A live session with a flush in mid-sentence; its id."""
    pcm = samples(clip)
    async with connect(url, FORMAT, title="With a flush", endpoint_ms=700) as session:
        await send(session, pcm[: 2 * SECOND])
        await session.flush()
        await session.mark("here")
        await send(session, pcm[2 * SECOND :])
        await session.finish()
        await session.drained()
        return session.id


@pytest.fixture(scope="session")
def recording(server: ServerProcess, data: Path) -> str:
    return asyncio.run(record(server.url, data / "ljspeech_short.wav"))


def test_it_says_the_same_again_while_a_server_runs(
    run: Any, server: ServerProcess, recording: str
) -> None:
    done = run("replay", recording, "--data-dir", str(server.data_dir))
    assert (done.returncode, done.stderr) == (0, "")
    title, kept, replay, *_, words, cuts, finals = done.stdout.splitlines()
    assert title.startswith("With a flush  0:0")
    assert kept.split() == ["kept", "moonshine", "(moonshine-tiny-en)"]
    assert replay.split() == ["replay", "moonshine", "(moonshine-tiny-en)"]
    assert words.endswith(" the same, 0 changed, 0 lost, 0 invented")
    assert cuts == "Cuts    2 of 2 where they were"
    assert finals == "Finals  2 of 2 with the same cut and model are the same to the byte"


def test_another_engine_is_held_against_it(run: Any, server: ServerProcess, recording: str) -> None:
    where = ("--data-dir", str(server.data_dir))
    done = run("replay", recording, "--engine", "scripted", "--speed", "50", *where)
    assert done.returncode == 0, "it differs, and that is no failure"
    assert "replay  scripted (tones)" in done.stdout
    assert "[-" in done.stdout
    assert "none has the same cut and model" in done.stdout


async def left_by_a_crash(server: ServerProcess, clip: Path) -> NoReturn:
    """A session of which one utterance was decided, and one not, when its server was killed."""
    pcm = samples(clip)
    finals = []
    async with connect(server.url, FORMAT, endpoint_ms=10_000) as session:
        await send(session, pcm)
        await session.flush()
        await send(session, pcm[:SECOND])
        await session.mark("all of it is in the journal")
        async for event in session:
            if isinstance(event, Final):
                finals.append(event)
            if isinstance(event, Marker):
                break
        await asyncio.to_thread(server.kill)
        raise Left(session.id, *finals)


class Left(Exception):
    """The client hangs up as well."""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_journal_that_a_crash_left_is_played_and_not_touched(
    run: Any, tmp_path: Path, clip: Path
) -> None:
    server = ServerProcess(tmp_path, finals="tiny")
    server.start()
    try:
        with pytest.raises(Left) as left:
            asyncio.run(left_by_a_crash(server, clip))
    finally:
        server.kill()
    id, final = left.value.args
    folder = server.data_dir / "live" / id
    before = contents(folder)
    by_folder = run("replay", str(folder))
    by_id = run("replay", id, "--data-dir", str(server.data_dir))
    assert contents(folder) == before
    for done in (by_folder, by_id):
        assert done.returncode == 0
        assert "a crash left it" in done.stderr
        assert f"{len(final.text.split())} the same, 0 changed, 0 lost" in done.stdout
        assert "\nBeyond  " in done.stdout


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nonsense", "'nonsense' is no recording's id"),
        ("0" * 26, "There is no recording"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(
    name: str, sentence: str, run: Any, server: ServerProcess
) -> None:
    done = run("replay", name, "--data-dir", str(server.data_dir))
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_where_there_is_no_library(run: Any, home: Path) -> None:
    done = run("replay", "0" * 26, "--data-dir", str(home / "data"))
    assert "There is no library in" in done.stderr
    assert not (home / "data").exists()
