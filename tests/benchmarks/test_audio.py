"""Clips joined into readings: every word stays where it is heard."""

import math
import wave
from pathlib import Path

import numpy as np
import pytest

from benchmarks.live import audio, quiet
from benchmarks.live.audio import Clip
from vivavoce.bench.measures import Spoken

RATE = 16_000


def clip(name: str, *words: tuple[str, float, float], seconds: float = 2.0) -> Clip:
    """A clip that is loud where its words are."""
    pcm = np.zeros(round(seconds * RATE), np.float32)
    for _, start, end in words:
        pcm[round(start * RATE) : round(end * RATE)] = 0.5
    spoken = tuple(Spoken(*word) for word in words)
    return Clip(name, " ".join(text for text, _, _ in words), pcm, spoken)


ONE = clip("one", ("a", 0.5, 1.0), ("b", 1.5, 1.9))
TWO = clip("two", ("c", 0.0, 0.25))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "CACHE", tmp_path)


def loud(reading: audio.Reading, word: Spoken) -> bool:
    """Whether exactly the word's place is loud."""
    with wave.open(str(reading.wav)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    start, end = round(word.start * RATE), round(word.end * RATE)
    return bool(np.all(pcm[start + 1 : end - 1] > 0)) and pcm[end + 2] == 0


def test_the_words_move_with_their_clips() -> None:
    reading = audio.join("both", [ONE, TWO])
    assert [(w.text, w.start) for w in reading.words] == [("a", 0.5), ("b", 1.5), ("c", 2.0)]
    assert all(loud(reading, word) for word in reading.words)
    assert reading.ends == [2.0, 4.0]
    assert reading.seconds == 4.0 + audio.PAUSE
    assert reading.said == "a b c"


def test_speech_without_pauses_has_none() -> None:
    reading = audio.nonstop([audio.join("both", [ONE, TWO])], 3.0)
    gaps = [b.start - a.end for a, b in zip(reading.words, reading.words[1:], strict=False)]
    assert max(gaps) == pytest.approx(0.05)
    assert reading.seconds - audio.PAUSE >= 3.0
    with wave.open(str(reading.wav)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert all(pcm[round((w.start + w.end) / 2 * RATE)] > 0 for w in reading.words)


def test_a_chorus_says_the_same_from_another_clip_on() -> None:
    ring = audio.chorus([audio.join("first", [ONE]), audio.join("second", [TWO])])
    assert [[c.name for c in one.clips] for one in ring] == [["one", "two"], ["two", "one"]]
    assert ring[0].seconds == ring[1].seconds


def test_of_each_reading_the_chorus_has_the_clip_of_a_sentence() -> None:
    short, right, long = (clip(n, seconds=s) for n, s in (("s", 3.0), ("r", 9.0), ("l", 12.0)))
    (only,) = audio.chorus([audio.join("reading", [short, right, long])])
    assert [c.name for c in only.clips] == ["r"]


@pytest.mark.parametrize("count", [1, 2, 5, 7])
def test_no_two_of_a_choir_say_the_same_at_once(count: int) -> None:
    parts = audio.choir(audio.chorus([audio.join("a", [ONE]), audio.join("b", [TWO])]), count)
    begins = [part.stream.begin for part in parts]
    assert len(parts) == len({(part.stream.wav, part.stream.begin) for part in parts}) == count
    assert begins[0] == 0.0
    assert max(begins) < audio.SPREAD
    assert {part.seconds for part in parts} == {4.0 + audio.PAUSE}


def test_words_without_a_place_keep_their_turn() -> None:
    first, second = audio._spoken("Well, 1984", [[0.5, 1.0], None])
    assert (first.text, first.end) == ("well", 1.0)
    assert math.isnan(second.end)


def test_quiet_is_as_long_as_asked_and_not_too_loud() -> None:
    made = quiet.made(RATE)
    assert set(made) == set(quiet.KINDS)
    assert {len(pcm) for pcm in made.values()} == {RATE}
    assert all(np.abs(pcm).max() < 1 for pcm in made.values())
    assert not made["silence"].any()
    assert made["music"].any()


def test_quiet_is_told_apart_in_streams_of_equal_length(tmp_path: Path) -> None:
    (tmp_path / "speech" / "noise").mkdir(parents=True)
    audio.write(tmp_path / "speech" / "noise" / "fan.wav", np.zeros(RATE, np.float32) + 0.1)
    found = audio.quiets(tmp_path / "speech", 20.0, 2.0)
    assert len(found) == (len(quiet.KINDS) + 1) * 2
    assert sum(clip.seconds for one in found for clip in one.clips) == 20.0
