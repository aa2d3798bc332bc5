"""The generator against a real server with a scripted engine."""

import asyncio
from dataclasses import replace

import pytest

from vivavoce.bench.clip import clip, speakers
from vivavoce.bench.generator import Stream
from vivavoce.bench.held import bar, verdict
from vivavoce.bench.system import vivavoce
from vivavoce.core.errors import OurError
from vivavoce.core.types import SAMPLE_RATE


def test_streams_are_played_and_what_they_are_told_is_noted() -> None:
    pcm = asyncio.run(clip())[: 3 * SAMPLE_RATE]
    with speakers(pcm, 3.0) as readers, vivavoce(finals="tiny") as system:
        parts = readers.parts(2)
        asking = Stream(parts[1].stream.wav, 0.5, flushes=(2.0,), options={"endpoint_ms": 5000})
        trial = system.trial([parts[0], replace(parts[1], stream=asking)])

    assert trial.refused is None
    plain, asked = trial.heard
    assert plain.text.startswith("the invention of movable metal letters")
    assert plain.delays.interim
    assert next(line for line in plain.lines if "text" in line)["final"] is False
    assert [line["flush"] >= 2.0 for line in asked.lines if "flush" in line] == [True]
    assert trial.cpu > 0
    assert trial.memory > 10_000_000
    assert verdict(trial, bar(trial)).streams == 2


def test_a_stream_that_is_not_served_says_why() -> None:
    pcm = asyncio.run(clip())[:SAMPLE_RATE]
    with (
        speakers(pcm, 1.0) as readers,
        vivavoce(finals="tiny", engine="scripted", admits=1, drain_s=0) as system,
    ):
        trial = system.trial(readers.parts(2))
    assert trial.refused is not None
    assert not verdict(trial, bar(trial)).holds


def test_a_server_that_does_not_start_is_told() -> None:
    with pytest.raises(OurError, match="did not start"), vivavoce(engine="no such"):
        pass
