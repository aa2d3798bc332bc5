"""Each of the five counts becomes something else than zero when there is something to count."""

from dataclasses import replace

import pytest

from chaos.check import Violations, check, excess
from chaos.plan import Sentence
from chaos.record import Audit, Record
from chaos.sound import WIDTH, tones
from vivavoce.core.events import AnyEvent, Ended, Final, Numbered, Started
from vivavoce.core.types import AudioFormat

SPEECH = tones([Sentence(("alfa", "bravo"), 1.0), Sentence(("charlie",), 1.0)])
SAMPLES = len(SPEECH.pcm) // WIDTH
FIRST, SECOND = (4000, 16000), (28000, 36000)


def final(id: str, place: tuple[int, int], text: str, engine: str = "scripted") -> Final:
    return Final(
        id=id, start=place[0], end=place[1], text=text, engine=engine, model="tones", words=()
    )


def numbered(*events: AnyEvent, epoch: int = 1) -> tuple[Numbered, ...]:
    return tuple(Numbered(n, epoch, event) for n, event in enumerate(events, 1))


STARTED = Started(session="s", engine="scripted", format=AudioFormat())
ENDED = Ended(reason="finished", duration=SAMPLES)
LOG = numbered(STARTED, final("u1", FIRST, "alfa bravo"), final("u2", SECOND, "charlie"), ENDED)
GOOD = Record(
    speech=SPEECH,
    audits=(Audit(SAMPLES // 2, SPEECH.pcm[: SAMPLES * WIDTH // 2]), Audit(SAMPLES, SPEECH.pcm)),
    refused=0,
    delivered=LOG,
    log=LOG,
    complete=True,
    closed=True,
    reason="finished",
)


def violations(record: Record, *, forgets: bool = False) -> Violations:
    return check([record], [LOG], forgets=forgets)[0]


def changed(event: AnyEvent, n: int, epoch: int = 1) -> tuple[Numbered, ...]:
    """The log with another content of event `n`."""
    return tuple(Numbered(n, epoch, event) if one.n == n else one for one in LOG)


def test_nothing_is_wrong_with_a_good_record() -> None:
    assert violations(GOOD) == Violations()
    assert violations(replace(GOOD, delivered=LOG[:2] + LOG)) == Violations()  # told again


@pytest.mark.parametrize(
    ("record", "samples"),
    [
        (replace(GOOD, audits=(Audit(SAMPLES, SPEECH.pcm[:-200]),)), 100),
        (replace(GOOD, audits=(Audit(SAMPLES, SPEECH.pcm[:-201]),)), 101),
        (replace(GOOD, audits=(Audit(10, b""), *GOOD.audits)), 10),
        (replace(GOOD, audits=(Audit(SAMPLES, b"\1\0" * 7 + SPEECH.pcm[14:]),)), 7),
        (replace(GOOD, refused=1600), 1600),
    ],
    ids=[
        "its end is gone",
        "half a sample",
        "gone after a crash",
        "overwritten",
        "asked for again",
    ],
)
def test_samples_acknowledged_and_not_in_the_journal(record: Record, samples: int) -> None:
    assert violations(record).unjournalled == samples


def test_what_was_not_acknowledged_may_be_missing() -> None:
    cut = SPEECH.pcm[: 1600 * WIDTH]
    assert violations(replace(GOOD, audits=(Audit(1600, cut), *GOOD.audits[1:]))) == Violations()


@pytest.mark.parametrize(
    "events",
    [
        (STARTED, LOG[1].event, ENDED),
        (STARTED, final("u1", (9000, 16000), "alfa bravo"), LOG[2].event, ENDED),
        (STARTED, LOG[1].event, final("u2", FIRST, "alfa bravo"), LOG[2].event, ENDED),
        (STARTED, LOG[1].event, LOG[2].event, Ended(reason="finished", duration=SAMPLES - 1)),
        (STARTED, LOG[1].event, LOG[2].event),
    ],
    ids=["no final", "its start is missing", "decoded twice", "not read to the end", "no end"],
)
def test_samples_not_covered_by_a_decoding(events: tuple[AnyEvent, ...]) -> None:
    log = numbered(*events)
    assert violations(replace(GOOD, log=log, delivered=log)).undecoded > 0


def test_what_no_client_sent_need_not_be_decoded() -> None:
    half = SPEECH.pcm[: 20000 * WIDTH]
    log = numbered(STARTED, LOG[1].event, Ended(reason="abandoned", duration=20000))
    left = replace(GOOD, audits=(Audit(20000, half),), log=log, delivered=log[:2], complete=False)
    assert violations(left) == Violations()


def test_a_number_with_two_contents() -> None:
    other = final("u1", FIRST, "alfa")
    twice = replace(GOOD, delivered=(*changed(other, 2)[:2], *LOG))
    assert violations(twice).contradicted == 1


def test_a_higher_epoch_may_say_it_anew_where_the_disk_forgot() -> None:
    other = final("u1", FIRST, "alfa")
    anew = changed(LOG[1].event, 2, epoch=2)
    record = replace(GOOD, delivered=(*changed(other, 2)[:2], *anew[1:]), log=anew)
    assert violations(record, forgets=True).contradicted == 0
    assert violations(record).contradicted == 1
    back = replace(record, delivered=(*anew, *changed(other, 2)))
    assert violations(back, forgets=True).contradicted == 1


@pytest.mark.parametrize(
    "delivered",
    [
        LOG[:1] + LOG[2:],
        LOG[:3],
        (*LOG, Numbered(5, 1, ENDED)),
        changed(final("u1", FIRST, "x"), 2),
    ],
    ids=["a hole", "no end", "one too many", "another reading"],
)
def test_what_the_client_has_is_what_was_kept(delivered: tuple[Numbered, ...]) -> None:
    assert violations(replace(GOOD, delivered=delivered)).contradicted == 1


def test_who_watched_has_what_was_kept_too() -> None:
    assert violations(replace(GOOD, watched=LOG)) == Violations()
    assert violations(replace(GOOD, watched=LOG[:1] + LOG[2:])).contradicted == 1
    other = changed(final("u1", FIRST, "alfa"), 2)
    assert violations(replace(GOOD, watched=(*other[:2], *LOG))).contradicted == 1
    left = replace(GOOD, complete=False, delivered=LOG[:2])
    assert violations(replace(left, watched=LOG)) == Violations()
    assert violations(replace(left, watched=LOG[:2])).contradicted == 2  # who watches stays


@pytest.mark.parametrize(
    "record",
    [replace(GOOD, closed=False), replace(GOOD, trouble="Event 3 came, but event 2 was due.")],
    ids=["open", "in trouble"],
)
def test_a_session_left_open(record: Record) -> None:
    assert violations(record).open == 1


def test_a_final_that_differs_where_the_cuts_are_equal() -> None:
    log = changed(final("u1", FIRST, "alfa brave"), 2)
    assert violations(replace(GOOD, log=log, delivered=log)).different == 1


def test_an_id_is_no_difference() -> None:
    log = changed(final("u7", FIRST, "alfa bravo"), 2)
    assert violations(replace(GOOD, log=log, delivered=log)) == Violations()


def test_words_where_a_cut_moved() -> None:
    middle = 9000
    parts = final("u1", (FIRST[0], middle), "alfa"), final("u2", (middle, FIRST[1]), "bravo")
    same = numbered(STARTED, *parts, LOG[2].event, ENDED)
    assert violations(replace(GOOD, log=same, delivered=same)) == Violations()
    parts = final("u1", (FIRST[0], middle), "alfa"), final("u2", (middle, FIRST[1]), "brother")
    other = numbered(STARTED, *parts, LOG[2].event, ENDED)
    assert violations(replace(GOOD, log=other, delivered=other)).different == 1


def test_words_of_another_engine_count_as_words() -> None:
    log = changed(final("u1", FIRST, "Alfa, bravo!", engine="other"), 2)
    assert violations(replace(GOOD, log=log, delivered=log)) == Violations()


def test_one_word_in_a_hundred_may_be_wrong_where_a_cut_moved() -> None:
    _, compared = check([GOOD], [LOG])
    assert excess(replace(compared, wrong=1, words=100)) == 0
    assert excess(replace(compared, wrong=2, words=199)) == 2
