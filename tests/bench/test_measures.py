"""What a viewer saw, told by hand."""

import math

import pytest

from vivavoce.bench.measures import (
    Errors,
    Flicker,
    Screen,
    Shown,
    Spoken,
    delays,
    errors,
    flicker,
    percentile,
    screens,
)


def shown(t: float, text: str, stable: str = "", utterance: str = "u1") -> Shown:
    return Shown(t, utterance, text, stable)


def final(t: float, text: str, utterance: str = "u1") -> Shown:
    return Shown(t, utterance, text, text, final=True)


def spoken(*words: tuple[str, float, float]) -> list[Spoken]:
    return [Spoken(*word) for word in words]


CAT_SAT = spoken(("the", 0.0, 0.2), ("cat", 0.2, 0.6), ("sat", 0.6, 1.0))


def test_a_screen_holds_all_utterances_in_the_order_they_appeared() -> None:
    seen = screens([shown(1, "a b", "a"), final(2, "a c"), shown(3, "d", utterance="u2")])
    assert seen == [
        Screen(1, ("a", "b"), 1),
        Screen(2, ("a", "c"), 2, final=True),
        Screen(3, ("a", "c", "d"), 2),
    ]


def test_what_follows_a_tail_is_not_stable_however_sure_it_is() -> None:
    seen = screens([shown(1, "a b", "a"), final(2, "c", utterance="u2")])
    assert seen[-1].stable == 1


def test_a_final_of_nothing_takes_its_words_from_the_screen() -> None:
    seen = screens([shown(1, "you"), final(2, "")])
    assert seen[-1].words == ()
    assert flicker(seen) == Flicker(
        shown=1, changed=1, stable=0, stable_by_interim=0, stable_by_final=0
    )


def test_words_come_some_time_after_their_end() -> None:
    seen = screens([shown(0.5, "The"), shown(1.0, "The cat", "The"), final(1.7, "The cat sat.")])
    found = delays(seen, CAT_SAT)
    assert found.interim == pytest.approx([0.3, 0.4, 0.7])
    assert found.stable == pytest.approx([0.8, 1.1, 0.7])
    assert found.final == pytest.approx([0.7])
    assert found.late == 0


def test_the_first_display_counts_although_the_word_goes_and_comes_back() -> None:
    seen = screens([shown(0.7, "the cat"), shown(1.2, "the hat"), final(2.0, "the cat sat")])
    assert delays(seen, CAT_SAT).interim == pytest.approx([0.5, 0.1, 1.0])


def test_a_word_that_only_the_final_gets_right_is_late() -> None:
    seen = screens([shown(0.5, "a"), shown(1.0, "a cat"), final(1.9, "the cat sat")])
    found = delays(seen, CAT_SAT)
    assert found.interim == pytest.approx([1.7, 0.4, 0.9])
    assert found.late == pytest.approx(1 / 3)


def test_a_word_read_wrong_to_the_end_has_no_delay() -> None:
    found = delays(screens([final(2.0, "the hat sat")]), CAT_SAT)
    assert len(found.interim) == 2


def test_no_word_is_shown_before_it_is_said() -> None:
    seen = screens([shown(0.1, "the cat sat"), shown(0.7, "the cat sat"), final(2, "the cat sat")])
    assert delays(seen, CAT_SAT).interim == pytest.approx([-0.1, 0.1, -0.3])


def test_a_word_whose_place_is_not_known_has_no_delay() -> None:
    said = spoken(("the", 0.0, 0.2), ("cat", math.nan, math.nan))
    found = delays(screens([final(1.0, "the cat")]), said)
    assert found.interim == pytest.approx([0.8])
    assert found.final == pytest.approx([0.8])


def test_each_final_is_held_against_the_last_word_of_its_utterance() -> None:
    said = [*CAT_SAT, *spoken(("dogs", 3.0, 3.5), ("ran", 3.5, 4.0))]
    seen = screens([final(1.6, "the cat sat"), final(4.7, "dogs ran", utterance="u2")])
    assert delays(seen, said).final == pytest.approx([0.6, 0.7])


def test_of_nothing_shown_there_is_nothing_to_say() -> None:
    found = delays([], CAT_SAT)
    assert (found.interim, found.stable, found.final, found.late) == ([], [], [], 0)


def test_an_insertion_before_a_word_does_not_change_it() -> None:
    seen = screens([shown(1, "cat sat"), shown(2, "the cat sat")])
    assert flicker(seen) == Flicker(
        shown=3, changed=0, stable=0, stable_by_interim=0, stable_by_final=0
    )


def test_a_changed_word_counts_once_and_its_successor_is_a_new_one() -> None:
    seen = screens([shown(1, "the hat"), shown(2, "the cat"), final(3, "the cat")])
    assert flicker(seen) == Flicker(
        shown=3, changed=1, stable=2, stable_by_interim=0, stable_by_final=0
    )


def test_case_and_punctuation_are_no_change() -> None:
    seen = screens([shown(1, "the cat"), final(2, "The cat.")])
    assert flicker(seen).changed == 0


def test_a_word_that_stays_is_shown_once() -> None:
    seen = screens([shown(t, "the cat") for t in range(5)])
    assert flicker(seen).shown == 2


def test_stable_words_that_change_are_told_apart_by_what_changed_them() -> None:
    by_interim = screens([shown(1, "the hat", "the hat"), shown(2, "the cat", "the cat")])
    by_final = screens([shown(1, "the hat", "the hat"), final(2, "the cat")])
    assert flicker(by_interim) == Flicker(0, 0, stable=3, stable_by_interim=1, stable_by_final=0)
    assert flicker(by_final) == Flicker(0, 0, stable=3, stable_by_interim=0, stable_by_final=1)


def test_a_word_that_became_stable_is_still_of_those_seen_in_a_tail() -> None:
    seen = screens([shown(1, "the hat"), shown(2, "the hat", "the hat"), final(3, "the cat")])
    assert flicker(seen) == Flicker(
        shown=2, changed=0, stable=3, stable_by_interim=0, stable_by_final=1
    )


def test_the_next_utterance_begins_anew() -> None:
    seen = screens(
        [final(1, "the cat"), shown(2, "the", utterance="u2"), shown(3, "a", utterance="u2")]
    )
    assert flicker(seen) == Flicker(
        shown=2, changed=1, stable=2, stable_by_interim=0, stable_by_final=0
    )


def test_errors_are_told_apart() -> None:
    found = errors("the cat sat on a mat", "Now the hat sat mat.")
    assert found == Errors(words=6, wrong=1, lost=2, invented=1)
    assert found.rate == pytest.approx(4 / 6)


def test_what_is_heard_in_silence_is_invented() -> None:
    assert errors("", "Thank you.") == Errors(words=0, wrong=0, lost=0, invented=2)


@pytest.mark.parametrize(("share", "value"), [(0.5, 10), (0.95, 19), (1.0, 20), (0.01, 1)])
def test_a_percentile_is_one_of_the_values(share: float, value: int) -> None:
    assert percentile(list(range(20, 0, -1)), share) == value


def test_of_no_values_there_is_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))
