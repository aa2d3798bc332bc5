"""The AWS sample's protocol: a recorded conversation, and what is said of rubbish."""

import base64
import json
from typing import Any

import pytest

from vivavoce.core.commands import Audio, Finish, Start
from vivavoce.core.errors import BadMessage, Full
from vivavoce.core.events import Ended, Final, Interim, Numbered, Warning
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.aws_poc import MAX_MESSAGE, AwsPocDialect
from vivavoce.dialects.base import Ack, Bye, Failed, Flushed, Ready, Say
from vivavoce.journal.frames import MAX_RECORDED
from vivavoce.testing.dialects import DialectContract

STOP = '{"type": "control", "action": "stop"}'


def audio(payload: bytes) -> str:
    return json.dumps({"type": "audio", "payload": base64.b64encode(payload).decode()})


def said(dialect: AwsPocDialect, answer: Any) -> Any:
    """The one message that says this, or None."""
    messages = [json.loads(wire) for wire in dialect.send(answer)]
    return messages[0] if messages else None


def numbered(event: Any) -> Numbered:
    return Numbered(1, 1, event)


def test_a_conversation_as_their_page_has_it() -> None:
    dialect = AwsPocDialect()
    assert dialect.greet() == ()
    block = bytes(8192)  # 4096 samples of a ScriptProcessor
    assert dialect.receive(audio(block)) == (Start(AudioFormat()), Audio(0, block))
    assert said(dialect, Ready("s", "t", 1, 0)) is None
    assert dialect.receive(audio(block)) == (Audio(1, block),)
    assert said(dialect, Ack(1)) is None
    hypothesis = Interim(id="u1", start=0, end=9, stable="Hello", tail=" their")
    shown = {"type": "transcript", "text": "Hello their", "is_final": False}
    assert said(dialect, hypothesis) == shown
    assert dialect.receive(STOP) == (Finish(),)
    final = Final(id="u1", start=0, end=9, text="Hello there.", engine="e", model="m")
    shown = {"type": "transcript", "text": "Hello there.", "is_final": True}
    assert said(dialect, numbered(final)) == shown
    assert said(dialect, numbered(Ended(reason="finished", duration=9))) is None
    dialect.key = "20241215_143022.txt"
    assert said(dialect, Bye("finished")) == {"type": "saved", "s3_key": "20241215_143022.txt"}


def test_nothing_said_is_nothing_saved() -> None:
    dialect = AwsPocDialect()
    assert dialect.receive(STOP) == (Start(AudioFormat()), Finish())
    silent = Final(id="u1", start=0, end=9, text="", engine="e", model="m")
    assert said(dialect, numbered(silent)) is None
    assert said(dialect, Bye("finished")) == {"type": "saved", "s3_key": ""}


def test_after_stop_nothing_is_heard() -> None:
    dialect = AwsPocDialect()
    dialect.receive(STOP)
    assert dialect.receive(audio(b"late")) == ()
    assert dialect.receive(STOP) == ()


def test_trouble_is_an_error() -> None:
    dialect = AwsPocDialect()
    assert said(dialect, Failed(Full("Try later."))) == {"type": "error", "message": "Try later."}
    warning = Warning(code="engine", message="It is slow.")
    assert said(dialect, numbered(warning)) == {"type": "error", "message": "It is slow."}
    assert said(dialect, Bye("draining", 1001))["type"] == "error"
    assert said(dialect, Flushed(1)) is None


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("", "is not JSON"),
        ('{"type": "audio"', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"type": "sing"}', "is audio or control"),
        ('{"type": 7}', "is audio or control"),
        ('{"type": "control", "action": "start"}', "is stop"),
        ('{"type": "control"}', "is stop"),
    ],
)
def test_what_their_server_passes_over_is_named_and_the_line_stays(
    message: str, sentence: str
) -> None:
    dialect = AwsPocDialect()
    (say,) = dialect.receive(message)
    assert isinstance(say, Say)
    told = json.loads(say.message)
    assert told["type"] == "error"
    assert sentence in told["message"]
    assert told["message"].endswith(".")
    assert dialect.receive(audio(b"\0\0")) == (Start(AudioFormat()), Audio(0, b"\0\0"))


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (b"\0\0", "A binary message came"),
        ("[]", "a JSON object with a type"),
        ("{}", "a JSON object with a type"),
        ('{"type": "audio"}', "its payload"),
        ('{"type": "audio", "payload": 7}', "its payload"),
        ('{"type": "audio", "payload": "?"}', "is not base64"),
        ('{"type": "audio", "payload": "AAA"}', "is not base64"),
        ('{"type": "audio", "payload": "é"}', "is not base64"),
    ],
)
def test_what_their_server_hangs_up_on_ends_the_line(message: Any, sentence: str) -> None:
    with pytest.raises(BadMessage, match=sentence) as error:
        AwsPocDialect().receive(message)
    assert str(error.value).endswith(".")


def test_the_largest_message_fits_a_journal() -> None:
    most = (MAX_MESSAGE - len(audio(b""))) // 4 * 3
    message = audio(bytes(most))
    assert MAX_MESSAGE - 4 < len(message) <= MAX_MESSAGE
    assert most <= MAX_RECORDED
    assert len(AwsPocDialect().receive(message)) == 2


class TestContract(DialectContract):
    conversation = (audio(bytes(8192)), audio(bytes(8192)), STOP)

    def dialect(self) -> AwsPocDialect:
        return AwsPocDialect()
