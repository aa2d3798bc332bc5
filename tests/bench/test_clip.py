"""The bundled clip and its words."""

import asyncio
import wave

from vivavoce.bench.clip import clip, speakers
from vivavoce.core.types import SAMPLE_RATE


def test_the_words_are_where_they_are_heard() -> None:
    pcm = asyncio.run(clip())
    with speakers(pcm, 20.0) as readers:
        first, second = readers.parts(2)
        with wave.open(first.stream.wav) as file:
            assert file.getnframes() == round(first.seconds * SAMPLE_RATE)
    assert first.said == second.said
    assert [word.text for word in first.said].count("invention") == 2 * 2  # it is read twice
    assert all(a.end <= b.start + 0.01 for a, b in zip(first.said, first.said[1:], strict=False))
    assert first.said[-1].end < first.seconds
    assert (first.stream.begin, second.stream.begin) == (0, (len(pcm) / SAMPLE_RATE + 0.7) / 2)
