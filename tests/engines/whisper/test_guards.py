"""What Whisper writes where nobody speaks, and what people really say."""

import pytest

from vivavoce.core.types import SAMPLE_RATE, Brief, Word
from vivavoce.engines.whisper.guards import Written, bare, best, echoes, grounded, invented


def written(text: str, logprob: float = -0.3, no_speech: float = 0.05) -> Written:
    return Written(text=text, tokens=(1,), logprob=logprob, no_speech=no_speech)


def word(text: str, start: float, end: float, confidence: float = 0.9) -> Word:
    return Word(text, round(start * SAMPLE_RATE), round(end * SAMPLE_RATE), confidence)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for watching!",
        "Thanks for watching. Please subscribe to my channel.",
        "Thank you very much.",
        "you",
        "Untertitel der Amara.org-Community",
        "Sous-titres réalisés par la communauté d'Amara.org",
        "Subtítulos realizados por la comunidad de Amara.org",
        "Vielen Dank fürs Zuschauen!",
        "Продолжение следует...",
        "ご視聴ありがとうございました",
        "字幕由Amara.org社区提供",
    ],
)
def test_what_captions_end_with_is_believed_only_when_it_was_clearly_heard(text: str) -> None:
    assert invented(text)
    assert not written(text, -0.7).believed
    assert written(text, -0.2).believed


@pytest.mark.parametrize(
    "text", ["Thank you, Margaret.", "You were late.", "So be it.", "Danke, ja."]
)
def test_what_only_begins_so_is_not_invented(text: str) -> None:
    assert not invented(text)
    assert written(text, -0.9).believed


@pytest.mark.parametrize(
    ("logprob", "no_speech", "believed"),
    [
        (-0.3, 0.9, True),  # sure of the words, whatever it says of speech
        (-0.7, 0.9, False),
        (-0.9, 0.5, True),
        (-1.2, 0.1, True),
        (-1.2, 0.5, False),
        (-1.6, 0.0, False),
    ],
)
def test_doubt_of_the_words_and_of_speech_add_up(
    logprob: float, no_speech: float, believed: bool
) -> None:
    assert written("Somebody said this.", logprob, no_speech).believed is believed


@pytest.mark.parametrize(
    "text", ["", "...", "♪ ♪", "word " * 40, "1,5,5,5,5,5,5,5,5,5,5,5,5,5,5,5,5,5"]
)
def test_what_has_no_words_or_goes_round_in_circles_is_not_believed(text: str) -> None:
    assert not written(text, -0.1).believed


def test_people_may_repeat_themselves() -> None:
    assert written("No, no, no, no! I said no.").good


def test_of_bad_decodings_the_likeliest_that_goes_straight_is_taken() -> None:
    circles, unlikely, likelier = written("la " * 50, -0.1), written("a", -2), written("b", -1.5)
    assert best([circles, unlikely, likelier]) == likelier
    assert best([circles]) == circles


def test_a_text_made_of_what_was_told_is_an_echo() -> None:
    brief = Brief(hot_words=("Ada Lovelace",), prompt="A live server.")
    assert echoes("Ada, a live server, a live server.", brief)
    assert not echoes("Ada spoke.", brief)
    assert bare("Don't, Ada!") == "don't ada"


def test_words_alone_in_silence_that_were_hardly_heard_are_dropped() -> None:
    said = [word("Good", 0.2, 0.5), word("morning.", 0.5, 1.0)]
    lone = [word("Bye.", 6.0, 6.02, 0.05)]
    assert grounded([*said, *lone]) == said
    clear = [word("Bye.", 6.0, 6.4, 0.9)]
    assert grounded([*said, *clear]) == [*said, *clear]
    assert grounded(lone) == lone, "with nothing beside them the whole text is judged"
    assert grounded([]) == []
