"""From files to events, in process and through a session, with real decoders."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vivavoce.audio.source import CompleteFile
from vivavoce.audio.wav import wav_header
from vivavoce.core.commands import Audio, Finish, Options
from vivavoce.core.errors import BadAudio, EngineError
from vivavoce.core.events import AnyEvent, Ended, Final, Gap, Interim, Started, Warning
from vivavoce.core.results import Reading
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Bye
from vivavoce.engines.base import Pcm, StreamOptions, Window
from vivavoce.engines.fake import Scripted, say, silence
from vivavoce.live.pipeline import transcribe_file
from vivavoce.testing.local import open_local

pytestmark = pytest.mark.anyio

Serve = Callable[..., AbstractAsyncContextManager[Any]]
CONTAINER = AudioFormat("container")
SPOKEN = np.concatenate([say("alfa", "bravo"), silence(1), say("charlie"), silence(0.2)])


def wav(pcm: Pcm) -> bytes:
    raw = np.round(pcm * 32767).astype("<i2").tobytes()
    return wav_header(AudioFormat(), len(raw)) + raw


async def transcribed(
    path: Path, format: AudioFormat = CONTAINER, engine: Any = None
) -> list[AnyEvent]:
    stream = open_local(engine or Scripted(), StreamOptions(interims=False))
    options = Options(interims=False)
    async with aclosing(
        transcribe_file(path, format, CompleteFile(path), stream, options)
    ) as events:
        return [event async for event in events]


def texts(events: list[AnyEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Final)]


async def test_a_file_becomes_events(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(wav(SPOKEN))
    events = await transcribed(path)
    assert isinstance(events[0], Started)
    assert events[0].session == "talk.wav"
    assert texts(events) == ["alfa bravo", "charlie"]
    assert events[-1] == Ended(reason="finished", duration=len(SPOKEN))
    assert not any(isinstance(event, Interim | Gap | Warning) for event in events)


async def test_raw_samples_become_the_same_events(tmp_path: Path) -> None:
    path = tmp_path / "talk.raw"
    path.write_bytes(wav(SPOKEN)[44:])
    assert texts(await transcribed(path, AudioFormat())) == ["alfa bravo", "charlie"]


async def test_what_is_no_audio_says_so(data: Path) -> None:
    with pytest.raises(BadAudio, match=r"text_named\.wav"):
        await transcribed(data / "text_named.wav")


async def test_an_engines_failure_is_raised(tmp_path: Path) -> None:
    class Broken(Scripted):
        def decode(self, window: Window) -> Reading:
            raise EngineError("It broke.")

    path = tmp_path / "talk.wav"
    path.write_bytes(wav(SPOKEN))
    with pytest.raises(EngineError, match="It broke"):
        await transcribed(path, engine=Broken())


async def test_stopping_early_lets_go_of_everything(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(wav(SPOKEN))
    stream = open_local(Scripted())
    async with aclosing(
        transcribe_file(path, CONTAINER, CompleteFile(path), stream, Options())
    ) as events:
        assert isinstance(await anext(events), Started)
    assert [result async for result in stream.results()] == []


async def test_a_container_may_be_streamed(serve: Serve) -> None:
    """A browser's webm, say: bytes cut anywhere, decoded while they come."""
    async with serve() as server:
        client = await server.start(encoding="container")
        sent = wav(SPOKEN)
        for frame, at in enumerate(range(0, len(sent), 5_000)):
            await client.send(Audio(frame, sent[at : at + 5_000]))
        await client.send(Finish())
        assert await client.bye() == Bye("finished")
        assert texts(client.events) == ["alfa bravo", "charlie"]
        kept = await server.repository.get("local", client.session)
        assert kept.bytes == len(sent)
        assert kept.media_type in ("audio/wav", "audio/x-wav")


async def test_a_container_that_is_none_ends_in_a_warning(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start(encoding="container")
        await client.send(Audio(0, b"this is a letter, not a sound\n" * 200), Finish())
        assert await client.bye() == Bye("bad_audio")
        (warning,) = (event for event in client.events if isinstance(event, Warning))
        assert warning.code == "bad_audio"
        kept = await server.repository.get("local", client.session)
        assert (kept.state, kept.reason) == ("failed", "bad_audio")


async def test_what_was_said_before_the_audio_broke_is_kept(serve: Serve) -> None:
    """A stream of an mp3 or a webm may go bad in the middle."""
    from vivavoce.live.pipeline import Feeder
    from vivavoce.testing.engines import said

    async def blocks() -> Any:
        yield SPOKEN
        yield say("delta")
        raise BadAudio("The audio is broken at byte 9.")

    stream = open_local(Scripted())
    with pytest.raises(BadAudio):
        await Feeder(stream).run(blocks())
    assert said([result async for result in stream.results()]) == "alfa bravo charlie delta"
