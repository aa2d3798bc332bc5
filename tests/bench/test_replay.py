"""Recordings played again, through engines whose answers can be computed by hand."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from vivavoce.audio.wav import wav_header
from vivavoce.bench.replay import alike, pieces, play
from vivavoce.config import Settings
from vivavoce.core.commands import Configure, Flush, Mark, Options
from vivavoce.core.errors import BadMessage
from vivavoce.core.events import AnyEvent, Ended, Final, Marker
from vivavoce.core.spoken import PHRASES
from vivavoce.core.transcript import fold
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.journal.controls import Control, ControlCommand
from vivavoce.live.recorded import Audio, Recorded

pytestmark = pytest.mark.anyio

SCRIPTED = Settings(engines=("scripted",), hosts=1, finals="tiny")
HERE = 2 * len(say("alfa", "bravo"))  # bytes


def recording(pcm: Pcm, *commands: tuple[int, ControlCommand], **options: object) -> Recorded:
    sent = (pcm * 32767).astype("<i2").tobytes()

    async def audio() -> AsyncIterator[bytes]:
        for at in range(0, len(sent), 1000):
            yield sent[at : at + 1000]

    return Recorded(
        id="id",
        title="t",
        format=AudioFormat(),
        options=Options(**options),  # type: ignore[arg-type]
        controls=tuple(Control(at, command, 0) for at, command in commands),
        events=(),
        size=len(sent),
        audio=audio,
    )


def finals(events: Sequence[AnyEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Final)]


async def test_commands_hold_where_they_held() -> None:
    pcm = np.concatenate([say("alfa", "bravo"), say("charlie", "delta"), silence(0.3), say("echo")])
    kept = recording(
        pcm, (HERE, Flush()), (HERE, Mark("here")), (2 * HERE, Configure(endpoint_ms=200))
    )
    events = await play(kept, SCRIPTED)
    assert finals(events) == ["alfa bravo", "charlie delta", "echo"]
    assert [e for e in events if isinstance(e, Marker)] == [Marker(at=HERE // 2, label="here")]
    assert events[-1] == Ended(reason="finished", duration=len(pcm))


async def test_the_session_is_as_it_was() -> None:
    pcm = np.concatenate([say("alfa"), silence(0.7), say("bravo")])
    assert finals(await play(recording(pcm), SCRIPTED)) == ["alfa", "bravo"]
    as_file = await play(recording(pcm, interims=False), SCRIPTED)
    assert finals(as_file) == ["alfa bravo"], "a file's utterances end after a second"


async def test_another_engine_may_read_it_and_somebody_may_watch() -> None:
    seen: list[AnyEvent] = []
    settings = SCRIPTED.model_copy(update={"engines": ("scripted-native",)})
    events = await play(recording(say("alfa", "bravo")), settings, watch=seen.append)
    assert finals(events) == ["alfa bravo"]
    assert seen == events


@pytest.mark.parametrize("encoding", ["pcm_s16le", "container"])
async def test_at_a_pace_it_says_the_same(encoding: str) -> None:
    kept = recording(np.concatenate([say("alfa", "bravo"), silence(1.0), say("charlie")]))
    told = (Ended(reason="finished", duration=kept.size // 2),)
    if encoding == "container":
        kept = replace(kept, format=AudioFormat("container"), audio=_as_wav(kept), events=told)
    assert finals(await play(kept, SCRIPTED, 20.0)) == ["alfa bravo", "charlie"]


async def test_audio_that_is_none_ends_it_early() -> None:
    kept = replace(recording(say("alfa")), format=AudioFormat("container"))
    events = await play(kept, SCRIPTED)
    assert isinstance(events[-1], Ended)
    assert events[-1].reason == "bad_audio"


async def test_a_command_that_the_engine_refuses_is_told() -> None:
    kept = recording(say("alfa"), (0, Configure(language="tlh")))
    settings = Settings(engines=("moonshine",), hosts=1, finals="tiny")
    with pytest.raises(BadMessage, match="tlh"):
        await play(kept, settings)


async def test_pieces_end_where_commands_lie() -> None:
    kept = recording(np.zeros(1000, np.float32), (0, Mark("a")), (700, Flush()), (2000, Mark("z")))
    found = [piece async for piece in pieces(kept, 600)]
    lengths = [len(piece) if isinstance(piece, bytes) else piece for piece in found]
    assert lengths == [Mark("a"), 600, 100, Flush(), 300, 600, 400, Mark("z")]


def test_it_is_read_by_who_read_it_unless_told_otherwise() -> None:
    by_tiny = Final(
        id="u1", start=0, end=1, text="a", engine="moonshine", model="moonshine-tiny-en"
    )
    kept = replace(recording(silence(0)), events=(by_tiny,))
    settings = Settings(engines=("scripted",), finals="auto")
    assert alike(kept, settings).engine == "moonshine"
    assert alike(kept, settings).finals == "tiny"
    assert alike(kept, settings, "scripted-native").engine == "scripted-native"
    assert alike(kept, Settings(finals="base")).finals == "base"
    assert alike(recording(silence(0)), settings).engine == "scripted"


def _as_wav(kept: Recorded) -> Audio:
    async def audio() -> AsyncIterator[bytes]:
        yield wav_header(AudioFormat(), kept.size)
        async for block in kept.audio():
            yield block

    return audio


async def test_spoken_commands_do_what_they_did_and_none_ends_it_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    phrases = {"paragraph": ("zulu yankee",), "stop": ("zulu victor",)}
    monkeypatch.setitem(PHRASES, "tlh", phrases)
    parts = [("alfa",), ("zulu", "yankee"), ("zulu", "victor"), ("bravo",)]
    pcm = np.concatenate([part for words in parts for part in (say(*words), silence(0.8))])
    events = await play(recording(pcm, voice_commands=True, language="tlh"), SCRIPTED)
    assert fold(events).text == "alfa\nbravo"
    assert events[-1] == Ended(reason="finished", duration=len(pcm))
