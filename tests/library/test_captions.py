"""Cues: their size, their times."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import Word
from vivavoce.library.captions import LINE, LINES, Cue, cues, placed


def utterance(start: float, end: float, text: str, words: tuple[Word, ...] = ()) -> Utterance:
    return Utterance("u1", round(start * 16_000), round(end * 16_000), text, "e", "m", words=words)


def test_a_short_utterance_is_one_cue_for_as_long_as_it_was_said() -> None:
    assert cues(Transcript((utterance(1.5, 2.25, "Well,  yes."),))) == [
        Cue(1500, 2250, ("Well, yes.",), None)
    ]


def test_a_long_one_is_cut_by_characters_when_there_are_no_words() -> None:
    text = " ".join(["nine char"] * 20)  # 199 characters, four repetitions a line
    found = cues(Transcript((utterance(0, 199 / 10, text),)))
    line = " ".join(["nine char"] * 4)
    assert [cue.lines for cue in found] == [(line, line), (line, line), (line,)]
    assert [(cue.start, cue.end) for cue in found] == [(0, 7900), (8000, 15900), (16000, 19900)]


def test_a_long_one_is_cut_at_its_words_times() -> None:
    words = tuple(Word(f"number{i:02}", i * 16_000, i * 16_000 + 8_000) for i in range(1, 13))
    text = " ".join(word.text for word in words)
    found = cues(Transcript((utterance(0, 20, text, words),)))
    assert [len(cue.lines) for cue in found] == [2, 1]
    assert [(cue.start, cue.end) for cue in found] == [(0, 8500), (9000, 20000)]


def test_words_of_another_reading_give_no_times() -> None:
    heard = tuple(Word("wrong", 0, 160) for _ in range(20))
    text = " ".join(["right"] * 20)
    with_words = cues(Transcript((utterance(0, 10, text, heard),)))
    assert with_words == cues(Transcript((utterance(0, 10, text),)))


def test_tracks_that_overlap_come_in_order_of_start() -> None:
    long = utterance(0, 100, " ".join(["word"] * 100))
    found = cues(Transcript((long, utterance(1, 2, "meanwhile"))))
    assert found[1].lines == ("meanwhile",)
    assert found == sorted(found, key=lambda cue: cue.start)


@given(
    text=st.text(st.characters(codec="utf-8"), max_size=300),
    start=st.integers(0, 10**9),
    length=st.integers(0, 10**7),
    shift=st.integers(-1000, 10**7),
)
def test_every_cue_fits_and_no_character_is_lost(
    text: str, start: int, length: int, shift: int
) -> None:
    words = tuple(Word(w, start + shift, start + shift + 1) for w in text.split())
    for given_words in ((), words):
        one = Utterance("u1", start, start + length, text, "e", "m", words=given_words)
        found = cues(Transcript((one,)))
        assert "".join(line for cue in found for line in cue.lines).replace(" ", "") == "".join(
            text.split()
        )
        for cue in found:
            assert 1 <= len(cue.lines) <= LINES
            assert all(1 <= len(line) <= LINE for line in cue.lines)
            assert cue.start < cue.end
        for earlier, later in itertools.pairwise(found):
            assert earlier.end <= later.start


def test_every_word_has_a_place_its_own_or_one_by_its_length() -> None:
    own = (Word("So", 100, 200), Word("it", 300, 400))
    timed = Utterance("u1", 0, 1000, "So it", "e", "m", words=own)
    assert placed(timed) == list(own)
    untimed = Utterance("u2", 1000, 1500, "So it", "e", "m")
    assert placed(untimed) == [Word("So", 1000, 1200), Word("it", 1300, 1500)]
