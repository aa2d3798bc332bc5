"""Live words in a pipe."""

import pytest

from vivavoce.cli.words import Words
from vivavoce.core.events import AnyEvent, Edited, Final, Marker
from vivavoce.core.spoken import ACTOR, PARAGRAPH, obey
from vivavoce.core.transcript import fold


def final(n: int, text: str) -> Final:
    return Final(id=f"u{n}", start=n, end=n + 1, text=text, engine="e", model="m", language="en")


def obeyed(*texts: str) -> list[AnyEvent]:
    """What a server says of these utterances when it obeys."""
    log: list[AnyEvent] = []
    for n, text in enumerate(texts):
        log.append(final(n, text))
        if (done := obey(fold(log), final(n, text))) is not None:
            log += done.events
    return log


def test_lines_come_as_they_are_decided(capsys: pytest.CaptureFixture[str]) -> None:
    with Words() as words:
        words.show(final(1, "One."))
        assert capsys.readouterr().out == "One.\n"
        words.show(final(2, ""))
        words.show(final(3, "New paragraph."))
    assert capsys.readouterr().out == "New paragraph.\n"


def test_commands_are_not_printed_and_do_what_they_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Words(commands=True) as words:
        for event in obeyed("One.", "New paragraph.", "Two.", "Three.", "Scratch that.", "Four."):
            words.show(event)
    assert capsys.readouterr().out == "One.\n\nTwo.\nFour.\n"


def test_what_is_printed_already_stays(capsys: pytest.CaptureFixture[str]) -> None:
    with Words(commands=True) as words:
        for event in obeyed("One.", "Two.", "Three.", "Scratch that.", "Scratch that."):
            words.show(event)
    assert capsys.readouterr().out == "One.\nTwo.\n"


def test_other_peoples_markers_and_edits_break_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Words(commands=True) as words:
        words.show(final(1, "One."))
        words.show(Edited(id="u9", actor="you", base_revision=0, text="Else."))
        words.show(Marker(at=1, label=PARAGRAPH))
        words.show(Marker(at=1, label="", actor=ACTOR))
    assert capsys.readouterr().out == "One.\n"
