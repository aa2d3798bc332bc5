"""Finals by the better model, on the whole path: a server's live session, and a file."""

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

import vivavoce
from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.client import connect
from vivavoce.core.events import AnyEvent, Final
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import silence
from vivavoce.testing.process import ServerProcess

pytestmark = pytest.mark.anyio

SAID = "In being comparatively modern."
FORMAT = AudioFormat("pcm_f32le")


@pytest.fixture
def clip(data: Path) -> Path:
    return data / "reference.flac"


def finals(events: list[AnyEvent]) -> list[tuple[str, str]]:
    return [(event.model, event.text) for event in events if isinstance(event, Final)]


@pytest.mark.usefixtures("base_en")
async def test_a_live_final_names_the_better_model(
    launch: Callable[..., ServerProcess], clip: Path
) -> None:
    server = launch(finals="base", hosts=1)
    async with (
        aclosing(read_audio(clip, AudioFormat("container"), CompleteFile(clip))) as blocks,
        connect(server.url, FORMAT) as session,
    ):
        async for block in blocks:
            await session.send(block.tobytes())
        await session.send(silence(1).tobytes())
        await session.finish()
        events = [event async for event in session]
    assert finals(events) == [("moonshine-base-en", SAID)]


@pytest.mark.usefixtures("base_en")
@pytest.mark.parametrize(
    ("setting", "model"),
    [("auto", "moonshine-base-en"), ("base", "moonshine-base-en"), ("tiny", "moonshine-tiny-en")],
)
async def test_a_file_is_read_by_it_unless_told_otherwise(
    clip: Path, monkeypatch: pytest.MonkeyPatch, setting: str, model: str
) -> None:
    monkeypatch.setenv("VIVAVOCE_FINALS", setting)
    events = [event async for event in vivavoce.transcribe(clip)]
    assert finals(events) == [(model, SAID)]
