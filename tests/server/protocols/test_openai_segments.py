"""Segments of `diarized_json`."""

from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import Word
from vivavoce.server.protocols.openai_segments import segments


def utterance(speaker: str | None, *words: tuple[str, str | None], start: int = 0) -> Utterance:
    placed = tuple(
        Word(text, start + n * 16_000, start + (n + 1) * 16_000, speaker=label)
        for n, (text, label) in enumerate(words)
    )
    end = start + len(words) * 16_000
    text = " ".join(text for text, _ in words)
    return Utterance("u", start, end, text, "e", "m", words=placed, speaker=speaker)


def told(*utterances: Utterance) -> list[tuple[object, ...]]:
    found = segments(Transcript(utterances))
    return [(s["speaker"], s["text"], s["start"], s["end"]) for s in found]


def test_a_segment_for_each_turn_and_letters_in_order_of_appearance() -> None:
    found = told(
        utterance("S2", ("how", None), ("are", None), ("fine", "S1")),
        utterance("S1", ("thanks", None), start=48_000),
    )
    assert found == [("A", "how are", 0, 2), ("B", "fine", 2, 3), ("B", "thanks", 3, 4)]


def test_of_whom_nobody_is_heard_nobody_is_known() -> None:
    assert told(utterance(None, ("hm", None))) == [("unknown", "hm", 0, 1)]
    assert told(Utterance("u", 0, 16_000, "hm", "e", "m")) == [("unknown", "hm", 0, 1)]


def test_after_z_comes_aa() -> None:
    many = [utterance(f"S{n}", ("a", None), start=n * 16_000) for n in range(54)]
    letters = [speaker for speaker, *_ in told(*many)]
    assert letters[:2] + letters[25:28] + letters[-2:] == ["A", "B", "Z", "AA", "AB", "BA", "BB"]
