"""What is remembered of who was heard, and no more than that."""

import time

from vivavoce.live.heard import MOST, Heard


def test_the_latest_time_is_kept() -> None:
    heard = Heard()
    before = time.time()
    heard.note("native")
    first = heard.last["native"]
    heard.note("native")
    assert before <= first <= heard.last["native"] <= time.time()


def test_it_has_a_bound() -> None:
    heard = Heard()
    for number in range(MOST + 10):
        heard.note(str(number))
    heard.note("0")
    assert list(heard.last) == [str(number) for number in range(MOST)]
