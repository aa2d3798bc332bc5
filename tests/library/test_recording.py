"""Ids and previews."""

import pytest

from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.library.recording import audio_key, folder, is_id, new_id, preview


def transcript(*texts: str) -> Transcript:
    return Transcript(
        tuple(Utterance(f"u{i}", i, i + 1, text, "e", "m") for i, text in enumerate(texts))
    )


def test_ids_are_26_lower_case_letters_and_digits_and_sort_by_time() -> None:
    ids = [new_id() for _ in range(100)]
    assert all(is_id(id_) for id_ in ids)
    assert len(set(ids)) == 100
    assert [id_[:10] for id_ in ids] == sorted(id_[:10] for id_ in ids)


@pytest.mark.parametrize("text", ["", "../" + "a" * 23, "a" * 25, "a" * 26 + "\n", "A" * 26])
def test_what_cannot_be_an_id_is_none(text: str) -> None:
    assert not is_id(text)


def test_a_preview_is_one_line_of_200_characters() -> None:
    assert preview(transcript("one two", "three")) == "one two three"
    assert preview(transcript("x" * 500)) == "x" * 200
    assert preview(Transcript()) == ""


def test_all_blobs_of_a_recording_lie_in_its_folder() -> None:
    assert audio_key("abc").startswith(folder("abc"))
    assert folder("abc").endswith("/")
