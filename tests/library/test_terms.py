"""How text and queries are cut, and where the one is in the other."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.library.terms import Phrase, count_words, phrases, plain, spans, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("So it GOES, on: 3.5!", ["so", "it", "goes", "on", "3", "5"]),
        ("don't", ["don", "t"]),
        ("Zürich, café, naïve, Ångström", ["zurich", "cafe", "naive", "angstrom"]),
        ("e\u0301te\u0301 Stra\u00dfe", ["ete", "strasse"]),  # accents of their own; no capital
        ("\u0301 _ - ...", []),
        ("我爱北京", ["我", "爱", "北", "京"]),
        ("東京タワーへ go", [*"東京タワーへ", "go"]),
        ("서울에서 만나", ["서울에서", "만나"]),
        ("हिन्दी में", ["हिन्दी", "में"]),  # vowel signs tell words apart
        ("שָׁלוֹם", ["שלום"]),
        ("\uff26\uff35\uff2c\uff2c \ufb01ne", ["full", "fine"]),  # wide letters, a ligature
    ],
)
def test_words_are_cut_and_compared_without_case_and_accents(
    text: str, expected: list[str]
) -> None:
    assert [term.text for term in terms(text)] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("hello wor", [("hello", False), ("wor", True)]),
        ('"so it goes" on', [("so it goes", False), ("on", True)]),
        ('on "so it goes"', [("on", False), ("so it goes", False)]),
        ('say "so it go', [("say", False), ("so it go", True)]),  # it is still being typed
        ("„so geht“ «es»", [("so geht", False), ("es", False)]),
        ("don't", [("don t", True)]),
        ('"" * - () ""', []),
        ("", []),
    ],
)
def test_a_query_is_words_and_phrases_of_which_the_last_may_go_on(
    query: str, expected: list[tuple[str, bool]]
) -> None:
    assert [(" ".join(p.terms), p.prefix) for p in phrases(query)] == expected


def test_hits_are_where_the_words_stand_in_the_text() -> None:
    text = "The Café, the cafe\u0301; and THE end."
    found = [text[start:end] for start, end in spans(text, phrases('cafe "the end"'))]
    assert found == ["Café", "cafe\u0301", "THE end"]
    assert spans("so so so", phrases('"so so"')) == [(0, 8)]  # they overlap


def test_words_are_counted_in_every_script() -> None:
    assert count_words("So it goes, isn't it?") == 5
    assert count_words("我爱北京") == 4
    assert count_words("") == 0


@given(st.text(max_size=60))
def test_any_text_finds_itself(text: str) -> None:
    cut = terms(text)
    assert [(term.text, plain(text[term.start : term.end])) for term in cut] == [
        (term.text, term.text) for term in cut
    ]
    assert all(a.end <= b.start for a, b in pairwise(cut))
    whole = Phrase(tuple(term.text for term in cut), prefix=False)
    if cut:
        assert spans(text, [whole])[0][0] == cut[0].start
