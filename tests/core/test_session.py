"""Results become events, in one grammar."""

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.events import (
    AnyEvent,
    Ended,
    EngineSwitched,
    Final,
    Interim,
    Lagging,
    Marker,
    Revised,
    Speech,
    Started,
)
from vivavoce.core.results import (
    Aligned,
    Decided,
    Heard,
    Result,
    SpeechEnded,
    SpeechStarted,
    Switched,
)
from vivavoce.core.session import LAG, UNTIMED, Session
from vivavoce.core.types import AudioFormat, Word


def heard(start: int, stable: str, tail: str) -> Heard:
    return Heard(start=start, end=start + 10, stable=stable, tail=tail)


def decided(start: int, end: int, text: str = "one", words: tuple[Word, ...] = ()) -> Decided:
    return Decided(start=start, end=end, text=text, model="m", words=words)


def say(session: Session, *results: Result) -> list[AnyEvent]:
    return [event for result in results for event in session.result(result)]


def test_the_first_event_says_what_is_to_come() -> None:
    started = Session("e").start("s", AudioFormat(), "en", "A talk")
    assert started == [
        Started(session="s", engine="e", format=AudioFormat(), language="en", title="A talk")
    ]


def test_an_interim_bears_the_id_of_its_final() -> None:
    session = Session("e")
    events = say(
        session,
        SpeechStarted(at=5),
        heard(5, "", "on"),
        decided(5, 20),
        heard(30, "", "tw"),
        decided(30, 40),
    )
    assert [event.id for event in events if isinstance(event, Interim | Final)] == [
        "u1",
        "u1",
        "u2",
        "u2",
    ]
    assert events[0] == Speech(state="started", at=5)
    assert events[2] == Final(id="u1", start=5, end=20, text="one", engine="e", model="m")


def test_a_session_taken_up_counts_on() -> None:
    session = Session("e", decided=3, end=100)
    (final,) = say(session, decided(90, 120))
    assert isinstance(final, Final)
    assert (final.id, final.start, final.end) == ("u4", 100, 120)


def test_finals_never_overlap_whatever_an_engine_says() -> None:
    events = say(Session("e"), decided(0, 50), decided(40, 45), decided(45, 80))
    assert [(e.start, e.end) for e in events if isinstance(e, Final)] == [
        (0, 50),
        (50, 50),
        (50, 80),
    ]


def test_words_do_not_leave_their_utterance() -> None:
    words = (Word("a", 5, 12), Word("b", 12, 19), Word("c", 19, 31))
    (final,) = say(Session("e"), decided(10, 20, words=words))
    assert isinstance(final, Final)
    assert [(word.start, word.end) for word in final.words] == [(10, 12), (12, 19), (19, 20)]


def test_stable_text_is_not_taken_back() -> None:
    session = Session("e")
    events = say(session, heard(0, "one two", " three"), heard(0, "one", " too three"))
    first, second = events
    assert isinstance(first, Interim)
    assert isinstance(second, Interim)
    assert second.stable == first.stable == "one two"


def test_the_next_utterance_begins_with_nothing_stable() -> None:
    events = say(Session("e"), heard(0, "one", ""), decided(0, 9), heard(9, "", "two"))
    assert isinstance(events[-1], Interim)
    assert (events[-1].stable, events[-1].tail) == ("", "two")


def test_another_engine_signs_what_comes_after_it() -> None:
    session = Session("a")
    switched, final = say(
        session, Switched(at=5, previous="a", engine="b", reason="slow"), decided(5, 9)
    )
    assert switched == EngineSwitched(at=5, previous="a", engine="b", reason="slow")
    assert isinstance(final, Final)
    assert final.engine == "b"


def test_lagging_is_said_once_and_taken_back_once() -> None:
    session = Session("e")
    waits = (0, LAG - 1, LAG, 2 * LAG, LAG // 2, LAG // 2 - 1, 0, LAG)
    said = [session.behind(samples) for samples in waits]
    assert said == [
        [],
        [],
        [Lagging(behind=LAG)],
        [],
        [],
        [Lagging(behind=0)],
        [],
        [Lagging(behind=LAG)],
    ]


def test_speech_starts_and_ends_in_turns() -> None:
    """Also when a session is taken up in mid-sentence, or ends there."""
    session = Session("e", speaking=True)
    again, ended, more = SpeechStarted(at=5), SpeechEnded(at=9), SpeechEnded(at=10)
    assert say(session, again, ended, more) == [Speech(state="ended", at=9)]
    assert say(session, SpeechStarted(at=12)) == [Speech(state="started", at=12)]
    assert session.end("cancelled", 20) == [
        Speech(state="ended", at=20),
        Ended(reason="cancelled", duration=20),
    ]


def test_nothing_follows_the_end() -> None:
    session = Session("e")
    say(session, decided(0, 90))
    assert session.mark(3, "vote") == [Marker(at=3, label="vote")]
    assert not session.over
    assert session.end("finished", 80) == [Ended(reason="finished", duration=90)]
    assert session.over
    assert session.end("finished", 100) == []
    assert say(session, SpeechEnded(at=1), decided(90, 100), heard(90, "", "x")) == []
    assert session.mark(3, "") == session.gap(1, 2, "x") == session.warn("c", "m") == []
    assert session.behind(10 * LAG) == []


@given(
    st.lists(
        st.one_of(
            st.builds(SpeechStarted, at=st.integers(0, 99)),
            st.builds(SpeechEnded, at=st.integers(0, 99)),
            st.builds(
                heard, st.integers(0, 99), st.sampled_from(["", "a", "a b", "b"]), st.just(" c")
            ),
            st.builds(decided, st.integers(0, 99), st.integers(0, 99)),
        ),
        max_size=20,
    )
)
def test_no_engine_can_break_the_grammar(results: list[Result]) -> None:
    """Finals in order without overlap, numbered from 1; stable text within one only grows."""
    end, number, stable = 0, 0, ""
    for event in say(Session("e"), *results):
        if isinstance(event, Final):
            number, stable = number + 1, ""
            assert event.id == f"u{number}"
            assert end <= event.start <= event.end
            end = event.end
        elif isinstance(event, Interim):
            assert event.id == f"u{number + 1}"
            assert end <= event.start <= event.end
            assert event.stable.startswith(stable)
            stable = event.stable
        elif isinstance(event, Speech):
            assert event.at >= end


def aligned(start: int, end: int, *words: Word) -> Aligned:
    return Aligned(start=start, end=end, words=words)


def test_times_revise_the_final_they_belong_to() -> None:
    """And repeat what it says; a word does not leave its utterance."""
    session = Session("e", decided=4, end=10)
    finals = say(session, decided(5, 20, "one two"), decided(20, 30, "three"))
    assert [final.id for final in finals if isinstance(final, Final)] == ["u5", "u6"]
    words = (Word("one", 5, 12, 0.5), Word("two", 15, 21))
    assert say(session, aligned(20, 30, Word("three", 22, 28)), aligned(5, 20, *words)) == [
        Revised(id="u6", text="three", engine="e", model="m", words=(Word("three", 22, 28),)),
        Revised(
            id="u5",
            text="one two",
            engine="e",
            model="m",
            words=(Word("one", 10, 12, 0.5), Word("two", 15, 20)),
        ),
    ]


def test_times_of_an_engine_that_was_switched_off_are_still_its_own() -> None:
    session = Session("e")
    switched = Switched(at=20, previous="e", engine="f", reason="dead")
    *_, revised = say(session, decided(5, 20), switched, aligned(5, 20, Word("one", 5, 9)))
    assert isinstance(revised, Revised)
    assert revised.engine == "e"


def test_times_that_belong_to_nothing_are_not_told() -> None:
    session = Session("e")
    word = Word("one", 6, 9)
    assert say(session, aligned(5, 20, word)) == []
    say(session, decided(5, 20, words=(word,)), decided(20, 30, ""), decided(30, 40))
    assert say(session, aligned(5, 20, word), aligned(20, 30), aligned(31, 40, word)) == []
    assert len(say(session, aligned(30, 40, word))) == 1
    assert say(session, aligned(30, 40, word)) == []


def test_no_times_follow_the_end() -> None:
    session = Session("e")
    say(session, decided(5, 20))
    session.end("finished", 30)
    assert say(session, aligned(5, 20, Word("one", 6, 9))) == []


def test_only_the_latest_finals_wait_for_times() -> None:
    session = Session("e")
    for i in range(UNTIMED + 1):
        say(session, decided(10 * i, 10 * i + 10))
    assert say(session, aligned(0, 10, Word("one", 6, 9))) == []
    assert len(say(session, aligned(10, 20, Word("one", 16, 19)))) == 1


def test_another_engine_does_not_say_again_where_somebody_spoke() -> None:
    session = Session("e")
    first = [*session.result(SpeechStarted(at=100)), *session.result(SpeechEnded(at=900))]
    assert [event.at for event in first if isinstance(event, Speech)] == [100, 900]
    assert session.result(SpeechStarted(at=120)) == []
    assert session.result(SpeechEnded(at=950)) == []
    (later,) = session.result(SpeechStarted(at=1000))
    assert isinstance(later, Speech)
    assert later.at == 1000


def test_it_does_not_end_before_what_it_said() -> None:
    session = Session("e", speaking=True, quiet=900)
    speech, ended = session.end("engine", 0)
    assert isinstance(speech, Speech)
    assert isinstance(ended, Ended)
    assert (speech.state, speech.at, ended.duration) == ("ended", 900, 900)
