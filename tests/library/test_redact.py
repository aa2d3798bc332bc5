"""What is found by examples, and what of a number survives: nothing, however it was said."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.library.digits import runs
from vivavoce.library.redact import Redaction, is_account, is_card
from vivavoce.live.redacting import hidden

ALL = Redaction(["numbers", "emails"], ["Angela Merkel", "Strauß"])


def hide(text: str, before: str = "", by: Redaction = ALL) -> str:
    return hidden(text, by.find(text, before))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Call me at 555-123-4567, please.", "Call me at [number], please."),
        ("It is +49 (176) 1234-5678.", "It is [number]."),
        ("It is (555) 123-4567!", "It is [number]!"),
        ("my card is 4111 1111 1111 1111", "my card is [number]"),
        ("4111, 1111. 1111 and 1111 it is", "[number] it is"),
        ("My SSN is 123-45-6789.", "My SSN is [number]."),
        ("Send it to DE89 3704 0044 0532 0130 00 today", "Send it to [number] today"),
        ("four one one one uh one one one one okay", "[number] okay"),
        ("double five oh seven, one two three four it is", "[number] it is"),
        ("one eight hundred, five five five, one two three four", "[number]"),
        ("twenty-one forty two eighty eight works", "[number] works"),
        ("zwei drei vier fünf sechs sieben bitte", "[number] bitte"),
        ("einundzwanzig zweiunddreißig vierundvierzig ja", "[number] ja"),
        ("uno dos tres cuatro cinco seis", "[number]"),
        ("zéro un quarante-deux cinquante trois s'il vous plaît", "[number] s'il vous plaît"),
        ("Die Nummer ist ٠١٢٣٤٥٦ hier", "Die Nummer ist [number] hier"),
        ("account AB123456C", "account AB[number]C"),
    ],
)
def test_numbers(said: str, kept: str) -> None:
    assert hide(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "In 2019, 2020, 2021 and so on",
        "On 2026-11-20 from 14:30 to 15:45:10",
        "Am 20.11.2026, 14:30 Uhr",
        "It costs 1,234,567.89 euros, or 5,000,000",
        "Five people and twenty chairs",
        "The code of 12345 is a postcode here",
        "nineteen eighty four was a book",
        "three million two hundred thousand people",
    ],
)
def test_days_amounts_and_years_stay(said: str) -> None:
    assert hide(said) == said


def test_a_card_is_found_where_it_looks_like_years() -> None:
    years = "2019 2020 2021 202"
    right = next(d for d in range(10) if is_card("".join(years.split()) + str(d)))
    assert hide(f"it says {years}{right} here") == "it says [number] here"
    wrong = (right + 1) % 10
    assert hide(f"it says {years}{wrong} here") == f"it says {years}{wrong} here"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("write to ada@example.com.", "write to [email]."),
        ("write to <ada.byron+x@mail.example.co.uk>", "write to <[email]>"),
        ("ada dot byron at example dot com it is", "[email] it is"),
        ("it is a d a at my company dot org", "it is [email]"),
        ("ada underscore b 42 at example.com thanks", "[email] thanks"),
        ("ada punkt byron ät beispiel punkt de", "[email]"),
        ("ada arroba ejemplo punto es", "[email]"),
    ],
)
def test_addresses(said: str, kept: str) -> None:
    assert hide(said) == kept


@pytest.mark.parametrize(
    "said", ["I am at home. Come at five.", "look at this", "dot com at all", "a @ b", "@"]
)
def test_no_addresses(said: str) -> None:
    assert hide(said) == said


def test_names_whatever_their_case_and_accents() -> None:
    assert hide("I met ANGELA  merkel's friend Strauss.") == "I met [name]'s friend [name]."
    assert hide("Angela and Merkelbach") == "Angela and Merkelbach"


@pytest.mark.parametrize(
    ("before", "said", "kept"),
    [
        ("", "4111.", "[number]."),
        ("", "five five five", "[number]"),
        ("", "my card is 4111", "my card is [number]"),
        ("my card is [number].", "11 and then I left", "[number] and then I left"),
        ("my card is [number]", "one", "[number]"),
        ("my card is [number]", "one of us", "one of us"),
        ("we were many", "11 and then I left", "11 and then I left"),
        ("", "in 2019.", "in 2019."),
        ("", "it costs 5000.", "it costs 5000."),
        ("", "Twelve.", "Twelve."),
    ],
)
def test_pieces_of_a_number(before: str, said: str, kept: str) -> None:
    assert hide(said, before) == kept


def test_what_may_go_on_is_held_back() -> None:
    assert ALL.settled("my number is five five") == "my number is"
    assert Redaction(["numbers"]).settled("my number is five five") == "my number is"
    assert Redaction(["numbers"]).settled("five people came") == "five people came"
    assert ALL.settled("please write to ada at exam") == "please write to"
    assert Redaction((), ["Angela Merkel"]).settled("I met angela") == "I met"
    assert Redaction((), ["Angela Merkel"]).settled("I met Merkel") == "I met Merkel"


def test_only_what_is_asked_for() -> None:
    said = "555 123 4567 ada@example.com Strauß"
    assert hide(said, by=Redaction(["numbers"])) == "[number] ada@example.com Strauß"
    assert hide(said, by=Redaction(["emails"])) == "555 123 4567 [email] Strauß"
    assert hide(said, by=Redaction((), ["strauss"])) == "555 123 4567 ada@example.com [name]"


def test_check_digits() -> None:
    assert is_card("4111111111111111")
    assert not is_card("4111111111111112")
    assert is_account("DE89 3704 0044 0532 0130 00")
    assert is_account("GB29 NWBK 6016 1331 9268 19")
    assert not is_account("DE88 3704 0044 0532 0130 00")


SPOKEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
GERMAN = ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
BETWEEN = st.sampled_from(["", " ", "-", ". ", ", ", " - ", "/", " uh ", " and "])
PLAIN = st.lists(st.sampled_from(["hello", "so", "my", "dear", "friend", "yes,"]), max_size=3)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """Six digits or more, each written or spoken, with anything between."""
    digits = draw(st.lists(st.integers(0, 9), min_size=6, max_size=22))
    # Not what reads as a day, a year or an amount, which are left.
    spoken = draw(st.lists(st.sampled_from(["digit", "word", "wort"]), min_size=22, max_size=22))
    said = ""
    for at, digit in enumerate(digits):
        words = {"digit": str(digit), "word": SPOKEN[digit], "wort": GERMAN[digit]}
        between = draw(BETWEEN)
        if spoken[at] != "digit" or spoken[at - 1] != "digit":
            between = between or " "
        said += (between if at else "") + words[spoken[at]]
    return said


@given(numbers(), PLAIN, PLAIN)
def test_no_digit_of_a_number_survives(number: str, before: list[str], after: list[str]) -> None:
    said = " ".join([*before, number, *after])
    found = Redaction(["numbers"]).find(said)
    left = hidden(said, found)
    if not found:  # it reads as days, years or amounts
        assert all(len(run.digits) <= 13 or not is_card(run.digits) for run in runs(said))
        assert any(char.isdigit() for char in said)
        return
    assert not list(runs(left)), left


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_text_is_read_and_read_once(said: str, before: str) -> None:
    found = ALL.find(said, before)
    assert all(0 <= one.start < one.end <= len(said) for one in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert said.startswith(ALL.settled(said))


WORDS = ["five", "4", "12", "hello", "ada", "at", "dot", "example", "com", "angela", "merkel", "is"]


@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_what_is_settled_stays_as_it_reads(words: list[str]) -> None:
    whole = " ".join(words)
    last = hide(whole)
    shown = ""
    for count in range(len(words) + 1):
        settled = ALL.settled(" ".join(words[:count]))
        reads = hidden(settled, ALL.find(settled, ends=False))
        assert reads.startswith(shown)
        assert last.startswith(reads)
        shown = reads
