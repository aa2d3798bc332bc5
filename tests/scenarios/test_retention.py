"""A server that dies while it deletes, and two that delete at once: in the end all is gone."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio.lowlevel import checkpoint

from tests.server.conftest import wav
from vivavoce.core.events import Ended, Final
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.fake import say
from vivavoce.testing.process import UVICORN, ServerProcess
from vivavoce.testing.recordings import keep

pytestmark = pytest.mark.anyio

Launch = Callable[..., ServerProcess]

COUNT = 40
LOG = (
    Final(id="u1", start=0, end=SAMPLE_RATE, text="quetzalcoatl", engine="e", model="m"),
    Ended(reason="finished", duration=SAMPLE_RATE),
)


def left(data_dir: Path) -> list[str]:
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    said = [path.name for path in files if b"quetzalcoatl" in path.read_bytes()]
    return said + [path.name for path in files if "blobs" in path.parts]


def audios(data_dir: Path) -> int:
    return len(list(data_dir.glob("blobs/recordings/*/audio")))


async def test_what_was_begun_is_finished_by_the_next(launch: Launch, tmp_path: Path) -> None:
    audio = wav(say("alfa"))
    for n in range(COUNT):
        await keep(tmp_path / "data", f"Talk {n}", LOG, audio)
    rules: dict[str, Any] = {"engine": "scripted", "hosts": 1, "audio_days": 0, "text_days": 0}
    dying = ServerProcess(tmp_path, **rules)
    await asyncio.to_thread(dying.launch)
    while audios(tmp_path / "data") == COUNT:
        await checkpoint()
    dying.kill()
    assert 0 < audios(tmp_path / "data") < COUNT
    server = launch(command=(*UVICORN, "--workers", "2"), workers=2, **rules)
    async with httpx2.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as http:
        while (await http.get("/api/v1/recordings")).json()["items"]:
            pass
    while audios(tmp_path / "data"):
        await checkpoint()
    server.stop()
    assert left(tmp_path / "data") == []
    server.start()  # for who stops it
