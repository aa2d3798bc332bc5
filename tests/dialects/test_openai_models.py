"""Whose model a name is."""

import pytest

from vivavoce.dialects.openai_models import engine


@pytest.mark.parametrize(
    "model",
    [
        None,
        "whisper-1",
        "gpt-transcribe",
        "gpt-4o-transcribe",
        "gpt-4o-mini-transcribe-2025-12-15",
        "gpt-4o-transcribe-diarize",
        "gpt-realtime",
        "gpt-realtime-whisper",
        "openai/whisper-large-v3-turbo",
    ],
)
def test_a_name_of_theirs_or_none_is_the_servers_own_engine(model: str | None) -> None:
    assert engine(model) is None


@pytest.mark.parametrize("model", ["moonshine", "gpt-4o", "whisper", "my-whisper-1", "whisper-1\n"])
def test_any_other_name_is_an_engines(model: str) -> None:
    assert engine(model) == model
