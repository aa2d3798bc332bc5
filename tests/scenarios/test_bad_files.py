"""Files that are no audio, or too little of it: one clear sentence, and others are still served."""

from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from vivavoce.audio.wav import wav_header
from vivavoce.core.types import AudioFormat
from vivavoce.testing.bystander import bystander
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.wire import open_wire

pytestmark = pytest.mark.anyio


def wav(seconds: float) -> bytes:
    """Silence."""
    count = round(seconds * 16_000) * 2
    return wav_header(AudioFormat(), count) + bytes(count)


async def uploaded(server: ServerProcess, file: bytes, name: str) -> tuple[int, dict[str, Any]]:
    """What an upload that waits is answered; meanwhile somebody else speaks."""
    async with (
        bystander(server.url),
        httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as http,
    ):
        answer = await http.post(
            "/api/v1/recordings?wait=true", files={"file": (name, file, "audio/wav")}
        )
    return answer.status_code, answer.json()


def sentence(error: dict[str, Any]) -> str:
    said = str(error["message"])
    assert said.endswith(".")
    assert "\n" not in said
    assert "Traceback" not in said
    return said


async def why(server: ServerProcess, recording: str) -> str:
    """The warning in a failed recording's events."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as http:
        answer = await http.get(
            f"/api/v1/recordings/{recording}/transcript", params={"format": "jsonl"}
        )
        events = (await http.get(f"/api/v1/recordings/{recording}/events")).text
    assert answer.status_code == 200
    return events


async def test_an_empty_file(scripted: ServerProcess, data: Path) -> None:
    status, answer = await uploaded(scripted, (data / "empty.wav").read_bytes(), "empty.wav")
    assert status == 422
    assert answer["error"]["code"] == "bad_audio"
    assert "empty" in sentence(answer["error"])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("text_named.wav", "is not audio"),
        ("video_without_sound.mp4", "has no sound track"),
        ("index_missing.m4a", "damaged or cut off"),
    ],
)
async def test_a_file_without_sound(
    scripted: ServerProcess, data: Path, name: str, says: str
) -> None:
    _, answer = await uploaded(scripted, (data / name).read_bytes(), name)
    assert (answer["state"], answer["reason"]) == ("failed", "bad_audio")
    events = await why(scripted, answer["id"])
    assert says in events
    assert "Traceback" not in events


async def test_a_truncated_mp3_gives_what_there_is(embedded: ServerProcess, data: Path) -> None:
    async with httpx2.AsyncClient(base_url=embedded.url, timeout=120, trust_env=False) as http:
        answer = await http.post(
            "/api/v1/recordings?wait=true", content=(data / "truncated.mp3").read_bytes()
        )
    found = answer.json()
    assert (found["state"], found["reason"]) == ("done", "finished")
    assert 0.7 < found["duration"] < 1.3
    assert found["preview"]


@pytest.mark.parametrize(
    ("file", "seconds"), [(wav(0), 0), (wav(3), 3)], ids=["no-samples", "silence"]
)
async def test_a_recording_of_nothing(scripted: ServerProcess, file: bytes, seconds: float) -> None:
    status, found = await uploaded(scripted, file, "nothing.wav")
    assert status == 200
    assert (found["state"], found["reason"], found["preview"]) == ("done", "finished", "")
    assert found["duration"] == pytest.approx(seconds)


async def test_silence_through_the_embedded_engine(embedded: ServerProcess) -> None:
    noise = np.random.default_rng(1).normal(0, 30, 5 * 16_000).astype("<i2").tobytes()
    for body in (wav(5), wav_header(AudioFormat(), len(noise)) + noise):
        async with httpx2.AsyncClient(base_url=embedded.url, timeout=120, trust_env=False) as http:
            found = (await http.post("/api/v1/recordings?wait=true", content=body)).json()
        assert (found["state"], found["preview"]) == ("done", "")


async def test_a_live_session_without_a_sample(scripted: ServerProcess) -> None:
    async with bystander(scripted.url), open_wire(scripted.url) as wire:
        await wire.start()
        await wire.say(type="finish")
        assert await wire.closed() == 1000
    ended = [m["event"] for m in wire.heard if m["type"] == "event"][-1]
    assert (ended["type"], ended["reason"], ended["duration"]) == ("ended", "finished", 0)


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "..\\..\\boot.ini",
        "/etc/passwd",
        "a\0b.wav",
        "<script>.wav",
        "x" * 999,
    ],
)
async def test_a_name_is_a_title_and_never_a_path(scripted: ServerProcess, name: str) -> None:
    before = sorted(scripted.data_dir.parent.iterdir())
    status, found = await uploaded(scripted, wav(0.5), name)
    assert status == 200
    assert "/" not in found["title"]
    assert "\\" not in found["title"]
    assert len(found["title"]) <= 500
    assert sorted(scripted.data_dir.parent.iterdir()) == before
    blobs = scripted.data_dir / "blobs"
    assert (blobs / "recordings" / found["id"] / "audio").read_bytes() == wav(0.5)


@pytest.mark.parametrize(
    "path",
    [
        "..%2F..%2Fetc%2Fpasswd",
        "..",
        "0" * 26,
        "' OR 1=1 --",
        "x" * 5000,
    ],
)
async def test_an_id_that_is_none(scripted: ServerProcess, path: str) -> None:
    async with httpx2.AsyncClient(base_url=scripted.url, timeout=120, trust_env=False) as http:
        for tail in ("", "/audio", "/transcript", "/events"):
            answer = await http.get(f"/api/v1/recordings/{path}{tail}")
            assert answer.status_code == 404
            sentence(answer.json()["error"])
