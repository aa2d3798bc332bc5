"""Written words as spoken ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.engines.aligning.spelling import SOUNDS, sounds, spoken

PHONES = {phone for _, sound in SOUNDS for phone in sound.split()} | {"AH"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("Hello,", "hello"),
        ("it's", "it's"),
        ("’Tis", "tis"),  # noqa: RUF001
        ("it’s", "it's"),  # noqa: RUF001
        ("well-known", "well known"),
        ("café", "cafe"),
        ("Dr.", "doctor"),
        ("etc.", "et cetera"),
        ("U.S.", "u s"),
        ("&", "and"),
        ("5%", "five percent"),
        ("$5", "five dollars"),
        ("0", "zero"),
        ("16", "sixteen"),
        ("42", "forty two"),
        ("100", "one hundred"),
        ("1,234,567.", "one million two hundred thirty four thousand five hundred sixty seven"),
        ("3.14", "three point one four"),
        ("007", "zero zero seven"),
        ("10:30", "ten thirty"),
        ("1455", "fourteen fifty five"),
        ("1906", "nineteen oh six"),
        ("1900", "nineteen hundred"),
        ("2005", "two thousand five"),
        ("2026", "twenty twenty six"),
        ("1000", "one thousand"),
        ("1st", "first"),
        ("2nd", "second"),
        ("12th", "twelfth"),
        ("20th", "twentieth"),
        ("21st", "twenty first"),
        ("100th", "one hundredth"),
        ("1234567890123", "one two three four five six seven eight nine zero one two three"),
        ("—", ""),
        ("日本", ""),
    ],
)
def test_what_is_said_for_a_word(word: str, said: str) -> None:
    assert " ".join(spoken(word)) == said


@given(st.text())
def test_anything_is_spoken_in_letters_and_apostrophes(word: str) -> None:
    for one in spoken(word):
        assert one.replace("'", "").isalpha()
        assert one.isascii()
        assert one == one.lower()


@given(st.text(max_size=20))
def test_everything_has_sounds(word: str) -> None:
    phones = sounds(word).split()
    assert phones
    assert set(phones) <= PHONES


def test_sounds_follow_the_letters() -> None:
    assert sounds("shipping") == "SH IH P IH NG"
    assert sounds("e") == "EH"
