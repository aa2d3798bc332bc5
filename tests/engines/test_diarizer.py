"""The embedded diarizer, on a real voice; and turns that lines cut."""

from pathlib import Path

import pytest

from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.core.speakers import SpeakerTurn
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.engines.diarizer import Community1, joined

CLIP = Path(__file__).parents[1] / "data" / "ljspeech_short.wav"


def test_turns_that_lines_cut_are_whole_again() -> None:
    cut = [
        SpeakerTurn(0, 100, 0),
        SpeakerTurn(50, 80, 1),
        SpeakerTurn(100, 200, 0),
        SpeakerTurn(9000, 9100, 0),
    ]
    assert list(joined(iter(cut))) == [
        SpeakerTurn(0, 200, 0),
        SpeakerTurn(50, 80, 1),
        SpeakerTurn(9000, 9100, 0),
    ]


@pytest.mark.anyio
async def test_one_voice_is_one_speaker() -> None:
    diarizer = Community1()
    diarizer.load()
    voices = diarizer.open(hasty=True)
    heard = 0
    async for block in read_audio(CLIP, AudioFormat("container"), CompleteFile(CLIP)):
        voices.feed(block)
        heard += len(block)
    voices.finish()
    turns = voices.turns()
    voices.close()
    assert {turn.speaker for turn in turns} == {0}
    assert 0 <= turns[0].start < SAMPLE_RATE
    assert heard / 2 < sum(turn.end - turn.start for turn in turns) <= heard
