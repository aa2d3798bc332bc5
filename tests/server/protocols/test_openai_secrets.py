"""Keys that are good for a while, and for one session's settings."""

from vivavoce.dialects.openai_realtime_session import Session
from vivavoce.server.protocols.openai_secrets import MOST, Secrets

MANUAL = Session(turn_detection=None)


def test_a_key_stands_for_its_session_until_it_is_too_old() -> None:
    now = 100.0
    secrets = Secrets(lambda: now)
    secret = secrets.make(MANUAL, 60)
    assert secret.value.startswith("ek_")
    assert secret.expires_at == 160
    now = 159.9
    assert secrets.session(secret.value) == MANUAL
    now = 160.0
    assert secrets.session(secret.value) is None


def test_any_other_key_stands_for_none() -> None:
    assert Secrets().session("sk-anything") is None


def test_the_oldest_is_forgotten_when_there_are_many() -> None:
    secrets = Secrets(lambda: 0.0)
    first, *_, last = (secrets.make(MANUAL, 60).value for _ in range(MOST + 1))
    assert secrets.session(first) is None
    assert secrets.session(last) == MANUAL
