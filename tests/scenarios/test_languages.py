"""Two languages in one live session, found out and translated, by a real server with Whisper."""

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.client import connect
from vivavoce.core.events import Final, Translated
from vivavoce.core.types import AudioFormat, Brief
from vivavoce.engines.fake import silence
from vivavoce.testing.process import ServerProcess

pytestmark = [pytest.mark.anyio, pytest.mark.speech]

FORMAT = AudioFormat("pcm_f32le")


async def test_each_utterance_has_its_language_and_its_translation(
    launch: Callable[..., ServerProcess], whisper_base: Path, speech: Path
) -> None:
    server = launch(
        engines="whisper", whisper_model=str(whisper_base), whisper_device="cpu", hosts=1
    )
    brief = Brief(languages=("de", "es", "fr"), translate_to=("en",))
    async with connect(server.url, FORMAT, brief=brief) as session:
        for name in ("fleurs-de-000", "fleurs-es-000"):
            path = speech / "fleurs" / f"{name}.ogg"
            blocks = read_audio(path, AudioFormat("container"), CompleteFile(path))
            async with aclosing(blocks):
                async for block in blocks:
                    await session.send(block.tobytes())
            await session.send(silence(1).tobytes())
        await session.finish()
        events = [event async for event in session]
    finals = {event.id: event for event in events if isinstance(event, Final) and event.text}
    languages = [str(final.language) for final in finals.values()]
    assert set(languages) == {"de", "es"}
    assert languages == sorted(languages), "the German was said first"
    for final in finals.values():
        assert final.model == "whisper-base"
        assert all(final.start <= word.start <= word.end <= final.end for word in final.words)
        assert " ".join(word.text for word in final.words) == final.text
    translated = [event for event in events if isinstance(event, Translated)]
    assert {event.id for event in translated} == set(finals)
    assert {event.language for event in translated} == {"en"}
    english = " ".join(event.text for event in translated)
    assert "Hong Kong" in english
    assert "travel" in english
