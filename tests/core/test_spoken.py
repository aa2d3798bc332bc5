"""Spoken commands: what is one, and what it does."""

import pytest

from vivavoce.core.events import AnyEvent, Edited, Final, Marker, Revised, Speaker
from vivavoce.core.spoken import ACTOR, PARAGRAPH, PHRASES, Spoken, obey, owed, spoken
from vivavoce.core.transcript import Transcript, fold
from vivavoce.core.types import Word


def final(n: int, text: str, language: str | None = "en") -> Final:
    words = tuple(
        Word(word, n * 1000 + 10 * i, n * 1000 + 10 * i + 9) for i, word in enumerate(text.split())
    )
    return Final(
        id=f"u{n}",
        start=n * 1000,
        end=n * 1000 + 900,
        text=text,
        engine="e",
        model="m",
        language=language,
        words=words,
    )


def said(*events: AnyEvent) -> tuple[list[AnyEvent], Transcript]:
    """All that is said when commands are obeyed, and what it makes."""
    log: list[AnyEvent] = []
    for event in events:
        log.append(event)
        if isinstance(event, Final) and (obeyed := obey(fold(log), event)) is not None:
            log += obeyed.events
    return log, fold(log)


@pytest.mark.parametrize(
    ("text", "language", "action", "before"),
    [
        ("New paragraph.", "en", "paragraph", ""),
        ("NEW, PARAGRAPH!", "en-GB", "paragraph", ""),
        ("That is all. New paragraph.", "en", "paragraph", "That is all."),
        ("Is it? Scratch that", "en", "scratch", "Is it?"),
        ("Stop recording.", "en", "stop", ""),
        ("Neuer Absatz.", "de-DE", "paragraph", ""),
        ("Nachster absatz", "de", "paragraph", ""),
        ("Arrêter l\u2019enregistrement.", "fr", "stop", ""),
        ("Nuevo párrafo", None, "paragraph", ""),
    ],
)
def test_what_is_a_command(text: str, language: str | None, action: str, before: str) -> None:
    found = spoken(text, language)
    assert found == Spoken(action, before)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "en"),
        ("...", "en"),
        ("The book has a new paragraph.", "en"),
        ("He said, scratch that.", "en"),
        ("New paragraph is what I say for it.", "en"),
        ("Stop.", "en"),
        ("paragraph", "en"),
        ("Renew paragraph", "en"),
        ("New paragraph.", "de"),
        ("New paragraph.", "xx"),
    ],
)
def test_what_is_none(text: str, language: str | None) -> None:
    assert spoken(text, language) is None


def test_no_phrase_is_two_commands() -> None:
    for language, actions in PHRASES.items():
        for action, phrases in actions.items():
            for phrase in phrases:
                assert spoken(phrase, language) == Spoken(action, ""), phrase
                found = spoken(phrase)
                assert found is not None
                assert found.action == action, phrase


def test_a_new_paragraph_is_a_marker_and_its_words_do_not_stay() -> None:
    log, transcript = said(final(1, "One."), final(2, "New paragraph."), final(3, "Two."))
    assert [u.text for u in transcript.utterances] == ["One.", "Two."]
    assert transcript.markers == (Marker(at=2900, label=PARAGRAPH, actor=ACTOR),)
    assert sum(isinstance(event, Final) for event in log) == 3, "finals stay as they were decoded"


def test_what_stands_before_a_command_stays_with_its_times() -> None:
    _, transcript = said(final(1, "One two. New paragraph."))
    (utterance,) = transcript.utterances
    assert utterance.text == "One two."
    assert [(w.text, w.start) for w in utterance.words] == [("One", 1000), ("two.", 1010)]


def test_scratch_that_strikes_out_the_last_utterance_that_reads_as_something() -> None:
    events = (final(1, "One."), final(2, "Two."), final(3, "Three."))
    _, transcript = said(*events, final(4, "Scratch that."))
    assert [u.text for u in transcript.utterances] == ["One.", "Two."]
    _, transcript = said(*events, final(4, "Scratch that."), final(5, "Scratch that."))
    assert [u.text for u in transcript.utterances] == ["One."]
    _, transcript = said(final(1, "Scratch that."))
    assert transcript.utterances == ()


def test_scratch_that_in_the_utterance_it_takes_back() -> None:
    _, transcript = said(final(1, "One."), final(2, "Two, no. Scratch that."))
    assert [u.text for u in transcript.utterances] == ["One."]


def test_what_people_edited_meanwhile_is_struck_out_as_it_reads() -> None:
    edit = Edited(id="u1", actor="you", base_revision=0, text="Uno.")
    _, transcript = said(final(1, "One."), edit, final(2, "Scratch that."))
    assert transcript.utterances == ()


def test_later_word_times_bring_no_command_back() -> None:
    command = final(1, "New paragraph.")
    times = Revised(id="u1", text=command.text, engine="e", model="m", words=command.words)
    _, transcript = said(command, times)
    assert transcript.utterances == ()


@pytest.mark.parametrize("text", ["New paragraph.", "Scratch that.", "Yes. Set a marker."])
def test_what_a_crash_left_undone_is_done_and_no_more(text: str) -> None:
    beside = Speaker(id="u2", speaker="S1")
    log, transcript = said(final(1, "One."), final(2, text))
    log.insert(2, beside)
    for lost in range(len(log) - 3 + 1):
        left = log[: len(log) - lost]
        undone = owed(left)
        assert undone is not None
        assert fold([*left, *undone.events]).text == transcript.text
        assert [*left, *undone.events][1:] == log[1:]


def test_where_there_is_no_command_nothing_is_owed() -> None:
    assert owed([]) is None
    assert owed([final(1, "One.")]) is None
    assert owed([final(1, "New paragraph."), final(2, "One.")]) is None
