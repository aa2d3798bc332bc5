"""`vivavoce.transcribe`, in process, with the embedded engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

import vivavoce
from vivavoce.api import Source
from vivavoce.core.errors import BadAudio, BadMessage, EngineError, NotFound
from vivavoce.core.events import AnyEvent, Ended, Final, Revised, Started
from vivavoce.core.transcript import fold
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence

pytestmark = pytest.mark.anyio


async def bit_by_bit(file: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(file), 5000):
        yield file[at : at + 5000]


async def events(source: Source, **options: str) -> list[AnyEvent]:
    return [event async for event in vivavoce.transcribe(source, **options)]  # type: ignore[arg-type]


@pytest.fixture
def clip(data: Path) -> Path:
    return data / "ljspeech_short.wav"


@pytest.fixture
def file(clip: Path) -> bytes:
    return clip.read_bytes()


async def test_a_path_bytes_and_a_stream_read_the_same(clip: Path, file: bytes) -> None:
    found = [await events(source) for source in (clip, str(clip), file, bit_by_bit(file))]
    assert fold(found[0]).text.startswith("Produced the block books")
    assert isinstance(found[0][0], Started)
    assert isinstance(found[0][-1], Ended)
    finals = [[event for event in each if isinstance(event, Final)] for each in found]
    assert finals == [finals[0]] * 4


async def test_a_stream_that_fails_says_so(file: bytes) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield file[:50_000]
        raise ConnectionError("The line broke.")

    with pytest.raises(ConnectionError, match="The line broke"):
        await events(failing())


async def test_what_is_not_to_be_read_is_not_told(
    file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVAVOCE_REDACT_NAMES", "block books")
    found = await events(file)
    assert fold(found).text.startswith("Produced the [name]")
    assert "books" not in str(found)


async def test_who_has_heard_enough_may_stop(clip: Path) -> None:
    stream = vivavoce.transcribe(clip)
    assert isinstance(await anext(stream), Started)
    await stream.aclose()


async def test_what_cannot_be_transcribed(data: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no file .*nowhere\.wav"):
        await events(data / "nowhere.wav")
    with pytest.raises(BadAudio, match="is a folder"):
        await events(data)
    with pytest.raises(BadAudio, match="the audio"):
        await events(b"")
    with pytest.raises(BadAudio):
        await events(data / "text_named.wav")
    with pytest.raises(BadMessage, match="not tlh"):
        await events(data / "nowhere.wav", language="tlh")
    with pytest.raises(EngineError, match="There is no engine 'none'"):
        await events(data / "nowhere.wav", engine="none")


def test_there_is_nothing_else_in_the_package() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        vivavoce.nothing  # noqa: B018


async def test_every_word_has_its_time_and_how_sure_it_is(clip: Path) -> None:
    pytest.importorskip("pocketsphinx")
    found = await events(clip)
    finals = [event for event in found if isinstance(event, Final)]
    revised = {event.id: event for event in found if isinstance(event, Revised)}
    for final in finals:
        words = revised[final.id].words
        assert [word.text for word in words] == final.text.split()
        assert all(final.start <= word.start < word.end <= final.end for word in words)
        assert all(word.confidence is not None for word in words)
    assert isinstance(found[-1], Ended)


@pytest.mark.parametrize("engine", ["scripted", "scripted-native", "scripted-service"])
async def test_engines_of_every_kind_read_a_file(engine: str) -> None:
    tones = (np.concatenate([say("alfa", "bravo"), silence(1)]) * 32767).astype("<i2").tobytes()
    events = vivavoce.transcribe(tones, format=AudioFormat(), engine=engine)
    assert [e.text async for e in events if isinstance(e, Final)] == ["alfa bravo"]
