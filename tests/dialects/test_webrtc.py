"""The native protocol beside a track."""

import json

import pytest

from vivavoce.core.commands import Audio, Finish, Mark, Options, Start
from vivavoce.core.errors import BadMessage
from vivavoce.dialects.base import Ack, Bye, Ready
from vivavoce.dialects.webrtc import FORMAT, WebRtcDialect
from vivavoce.testing.dialects import DialectContract

SOUND = bytes(1920)
OPTIONS = Options(language="en")


class TestContract(DialectContract):
    conversation = (SOUND, SOUND, '{"type": "mark", "label": "x"}', SOUND, '{"type": "finish"}')

    def dialect(self) -> WebRtcDialect:
        return WebRtcDialect(OPTIONS)


def test_the_first_sound_starts_the_session() -> None:
    dialect = WebRtcDialect(OPTIONS)
    assert dialect.receive(SOUND) == (Start(FORMAT, OPTIONS), Audio(0, SOUND))
    assert dialect.receive(SOUND) == (Audio(1, SOUND),)


def test_so_does_the_first_message() -> None:
    dialect = WebRtcDialect(OPTIONS)
    assert dialect.receive('{"type": "mark"}') == (Start(FORMAT, OPTIONS), Mark())
    assert dialect.receive(SOUND) == (Audio(0, SOUND),)


def test_sound_after_the_end_is_passed_over() -> None:
    dialect = WebRtcDialect(OPTIONS)
    assert dialect.receive('{"type": "finish"}')[-1] == Finish()
    assert dialect.receive(SOUND) == ()
    assert dialect.receive('{"type": "finish"}') == ()


@pytest.mark.parametrize(
    "message",
    [
        '{"type": "start", "format": {}}',
        '{"type": "resume", "session": "s", "token": "t", "epoch": 1, "after": 0}',
        "hello",
    ],
)
def test_what_a_peer_cannot_ask(message: str) -> None:
    with pytest.raises(BadMessage):
        WebRtcDialect(OPTIONS).receive(message)


def test_it_says_what_the_native_protocol_says_but_acknowledgements() -> None:
    dialect = WebRtcDialect(OPTIONS)
    (ready,) = dialect.send(Ready("s", "t", 1, 0))
    assert json.loads(ready)["type"] == "ready"
    assert dialect.send(Ack(3)) == ()
    assert dialect.send(Bye("finished")) == ('{"type":"bye","reason":"finished"}',)
    assert not dialect.manners.resumable
