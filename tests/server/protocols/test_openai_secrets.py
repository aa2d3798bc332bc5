"""Keys that are good for a while, and for one session's settings."""

from datetime import UTC, datetime, timedelta

import pytest

from vivavoce.dialects.openai_realtime_messages import Refused
from vivavoce.dialects.openai_realtime_session import Session
from vivavoce.library.database import Tables
from vivavoce.library.keys import Keys
from vivavoce.server.auth.keys import Keyring
from vivavoce.server.auth.principal import LOCAL
from vivavoce.server.auth.tokens import Tokens
from vivavoce.server.protocols.openai_secrets import make, session_of

MANUAL = Session(transcription={"model": "whisper-1", "prompt": "Godot"}, turn_detection=None)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(bytes(32), Keyring(Keys(Tables.__new__(Tables))))  # nobody is looked up


def test_a_key_stands_for_its_session_in_every_process(tokens: Tokens) -> None:
    before = datetime.now(UTC).timestamp()
    secret = make(tokens, LOCAL, MANUAL, 60)
    assert secret.value.startswith("ek_")
    assert before + 58 < secret.expires_at < before + 70
    another = Tokens(bytes(32), Keyring(Keys(Tables.__new__(Tables))))
    assert session_of(another, secret.value) == MANUAL


def test_until_it_is_too_old(tokens: Tokens) -> None:
    assert session_of(tokens, make(tokens, LOCAL, MANUAL, 0).value) is None


@pytest.mark.parametrize("value", ["sk-anything", "ek_", "ek_a.b.c", ""])
def test_any_other_key_stands_for_none(tokens: Tokens, value: str) -> None:
    assert session_of(tokens, value) is None


def test_nor_does_one_that_another_server_signed(tokens: Tokens) -> None:
    other = Tokens(b"x" * 32, Keyring(Keys(Tables.__new__(Tables))))
    assert session_of(tokens, make(other, LOCAL, MANUAL, 60).value) is None


def test_nor_a_token_of_ours(tokens: Tokens) -> None:
    token, _ = tokens.make(LOCAL, timedelta(minutes=1))
    assert session_of(tokens, f"ek_{token}") is None


def test_what_is_too_long_for_a_key_is_refused(tokens: Tokens) -> None:
    with pytest.raises(Refused, match="session is too long"):
        make(tokens, LOCAL, Session(transcription={"prompt": "la " * 1000}), 60)
    assert make(tokens, LOCAL, Session(transcription={"prompt": "la " * 800}), 60).value
