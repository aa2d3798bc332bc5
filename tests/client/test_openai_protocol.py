"""The client's side of OpenAI's protocol, against our server's and against less than that."""

import json
from base64 import b64decode
from typing import Any

import pytest

from vivavoce.client.openai_items import OPEN
from vivavoce.client.openai_messages import LONGEST, RATE
from vivavoce.client.openai_protocol import LOST, OWED, QUIET, UNSAID, OpenAIProtocol
from vivavoce.client.talk import State
from vivavoce.core.commands import Audio, Finish, Flush, Start
from vivavoce.core.errors import BadCredentials, BadMessage, PeerError
from vivavoce.core.events import AnyEvent, Final, Interim, Numbered, Speech, Warning
from vivavoce.dialects.base import Answer, Flushed, Say
from vivavoce.dialects.openai_realtime import OpenAIRealtimeDialect

KIND = "conversation.item.input_audio_transcription"
SECOND = bytes(2 * RATE)


def opened() -> OpenAIProtocol:
    protocol = OpenAIProtocol("whisper-1", "en", bound=3 * len(SECOND))
    protocol.connected()
    return protocol


def hear(protocol: OpenAIProtocol, type: str, **fields: Any) -> list[AnyEvent]:
    """What the application learns of one message."""
    return events(protocol.receive(json.dumps({"type": type, **fields})))


def events(said: Any) -> list[AnyEvent]:
    return [each.event if isinstance(each, Numbered) else each for each in said]


def taken(protocol: OpenAIProtocol) -> list[dict[str, Any]]:
    """All that the client wants to say now."""
    said = []
    while isinstance(wire := protocol.take(), str):
        said.append(json.loads(wire))
    return said


def final(id: str, text: str, start: int = 0, end: int = 0) -> Final:
    return Final(id=id, start=start, end=end, text=text, engine="openai", model="whisper-1")


def finished() -> OpenAIProtocol:
    """One that has said all that it has to say."""
    protocol = opened()
    protocol.audio(SECOND)
    protocol.finish()
    assert [each["type"].partition(".")[2] for each in taken(protocol)] == [
        "append",
        "commit",
        "clear",
    ]
    return protocol


def over(protocol: OpenAIProtocol) -> bool:
    return protocol.state is State.OVER


def test_the_session_that_is_asked_for() -> None:
    protocol = OpenAIProtocol("whisper-1", "en", bound=1)
    assert (protocol.state, protocol.begun) == (State.LOST, False)
    asked = json.loads(str(protocol.connected()))
    assert (protocol.state, protocol.begun) == (State.OPEN, True)
    assert asked["type"] == "session.update"
    assert asked["session"] == {
        "type": "transcription",
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": {"model": "whisper-1", "language": "en"},
                "turn_detection": {"type": "server_vad"},
            }
        },
    }


def test_audio_waits_for_a_line_and_within_its_bound() -> None:
    protocol = OpenAIProtocol("m", bound=6)
    protocol.audio(b"abcd")
    assert protocol.room
    protocol.audio(b"efgh")
    assert not protocol.room
    assert taken(protocol) == []
    assert "language" not in str(protocol.connected())
    assert [b64decode(each["audio"]) for each in taken(protocol)] == [b"abcd", b"efgh"]
    assert protocol.room


def test_large_audio_is_cut() -> None:
    protocol = opened()
    whole = bytes(range(256)) * 2000
    protocol.audio(whole)
    pieces = [b64decode(each["audio"]) for each in taken(protocol)]
    assert len(pieces) > 1
    assert b"".join(pieces) == whole


def test_an_item_from_its_first_sound_to_its_transcript() -> None:
    protocol = opened()
    item = {"item_id": "i"}
    assert hear(protocol, "session.created") == []
    assert hear(protocol, "input_audio_buffer.speech_started", audio_start_ms=500, **item) == []
    assert hear(protocol, f"{KIND}.delta", delta="So it", **item) == [
        Interim(id="i", start=8000, end=0, stable="So it", tail="")
    ]
    hear(protocol, "input_audio_buffer.speech_stopped", audio_end_ms=1500, **item)
    hear(protocol, "input_audio_buffer.committed", **item)
    (interim,) = hear(protocol, f"{KIND}.delta", delta=" goes", **item)
    assert isinstance(interim, Interim)
    assert interim.stable == "So it goes"
    said = hear(protocol, f"{KIND}.completed", transcript="So it goes.", **item)
    assert said == [final("i", "So it goes.", 8000, 24000)]


def test_a_server_that_sends_only_transcripts() -> None:
    protocol = opened()
    assert hear(protocol, f"{KIND}.completed", transcript=" One. ") == [final("", "One.")]
    protocol.finish()
    assert len(taken(protocol)) == 2
    assert protocol.patience == QUIET
    assert hear(protocol, f"{KIND}.completed", transcript="Two.") == [final("", "Two.")]
    assert not over(protocol)
    assert protocol.give_up() == []
    assert protocol.state is State.OVER


def test_events_are_numbered_without_holes() -> None:
    protocol = opened()
    wires = [json.dumps({"type": f"{KIND}.completed", "transcript": "a"})] * 2
    numbered = [each for wire in wires for each in protocol.receive(wire)]
    assert [each.n for each in numbered if isinstance(each, Numbered)] == [1, 2]


def test_the_end_is_the_last_transcript_after_the_answer() -> None:
    protocol = finished()
    hear(protocol, "input_audio_buffer.committed", item_id="a")  # silence had ended it
    hear(protocol, f"{KIND}.completed", item_id="a", transcript="A.")
    assert not over(protocol)  # what the commit was for is not known yet
    hear(protocol, "input_audio_buffer.committed", item_id="b")
    hear(protocol, "input_audio_buffer.cleared")
    assert not over(protocol)
    assert protocol.patience == OWED
    assert hear(protocol, f"{KIND}.completed", item_id="b", transcript="B.") == [final("b", "B.")]
    assert protocol.state is State.OVER


@pytest.mark.parametrize("event", [{"event_id": "vivavoce_commit"}, {}])
def test_nothing_left_to_commit_is_no_trouble(event: dict[str, str]) -> None:
    protocol = finished()
    error = {"code": "input_audio_buffer_commit_empty", "message": "Too small.", **event}
    assert hear(protocol, "error", error=error) == []
    hear(protocol, "input_audio_buffer.cleared")
    assert protocol.state is State.OVER


def test_a_server_that_cannot_clear_has_answered_too() -> None:
    protocol = finished()
    hear(protocol, "input_audio_buffer.committed", item_id="a")
    hear(protocol, "error", error={"message": "Unknown.", "event_id": "vivavoce_clear"})
    assert not over(protocol)
    hear(protocol, f"{KIND}.failed", item_id="a", error={"message": "Cannot."})
    assert protocol.state is State.OVER


def test_a_server_that_owes_and_is_silent_is_given_up() -> None:
    protocol = finished()
    hear(protocol, f"{KIND}.delta", item_id="a", delta="So it")
    hear(protocol, "input_audio_buffer.committed", item_id="a")
    assert events(protocol.give_up()) == [
        final("a", "So it"),
        Warning(code="unsaid", message=UNSAID),
    ]
    assert protocol.disconnected(1000) == ()


def test_patience_has_no_end_while_somebody_may_speak() -> None:
    assert opened().patience is None


def test_what_failed_keeps_its_words_and_is_told() -> None:
    protocol = opened()
    hear(protocol, f"{KIND}.delta", item_id="a", delta="So it")
    error = {"code": "engine", "message": "The engine failed."}
    assert hear(protocol, f"{KIND}.failed", item_id="a", error=error) == [
        final("a", "So it"),
        Warning(code="engine", message="The engine failed."),
    ]


def test_a_lost_line_keeps_what_was_heard_and_goes_on_in_a_new_session() -> None:
    protocol = opened()
    protocol.audio(SECOND)
    taken(protocol)
    hear(protocol, f"{KIND}.delta", item_id="a", delta="So it")
    protocol.audio(b"what follows")
    assert events(protocol.disconnected(1006)) == [
        final("a", "So it"),
        Warning(code="line_lost", message=LOST),
    ]
    assert (protocol.state, taken(protocol)) == (State.LOST, [])
    assert "session.update" in str(protocol.connected())
    assert [b64decode(each["audio"]) for each in taken(protocol)] == [b"what follows"]
    hear(protocol, "input_audio_buffer.speech_started", item_id="b", audio_start_ms=500)
    said = hear(protocol, f"{KIND}.completed", item_id="b", transcript="Goes.")
    assert said == [final("b", "Goes.", 24000, 24000)]  # a second was on the first line


def test_a_line_that_was_of_no_use_is_not_told_of() -> None:
    protocol = opened()
    protocol.audio(SECOND)
    taken(protocol)
    assert protocol.disconnected(1013) == []
    assert (protocol.headway, protocol.state) == (0, State.LOST)


def test_a_line_that_took_ten_seconds_of_silence_was_of_use() -> None:
    protocol = opened()
    for _ in range(10):
        protocol.audio(SECOND)
    taken(protocol)
    assert protocol.headway == 1
    assert events(protocol.disconnected(1006)) == [Warning(code="line_lost", message=LOST)]


def test_finished_with_a_lost_line_is_over_when_nothing_waits() -> None:
    protocol = opened()
    protocol.disconnected(1006)
    protocol.finish()
    assert protocol.state is State.OVER


def test_finished_with_a_lost_line_goes_on_while_audio_waits() -> None:
    protocol = opened()
    protocol.disconnected(1006)
    protocol.audio(SECOND)
    protocol.finish()
    assert protocol.state is State.LOST
    protocol.connected()
    assert len(taken(protocol)) == 3


def test_a_line_lost_before_the_last_words_is_the_end() -> None:
    protocol = finished()
    hear(protocol, "input_audio_buffer.committed", item_id="a")
    assert events(protocol.disconnected(1006)) == [Warning(code="line_lost", message=LOST)]
    assert protocol.state is State.OVER


def test_a_server_that_goes_when_all_is_said_lost_nothing() -> None:
    protocol = finished()
    hear(protocol, f"{KIND}.completed", transcript="So it goes.")
    assert protocol.disconnected(1000) == []
    assert over(protocol)


def test_a_refused_session_is_an_error() -> None:
    error = {"code": "invalid_value", "message": "No.", "event_id": "vivavoce_update"}
    with pytest.raises(PeerError, match=r'refused this session\. It says: "No\."'):
        hear(opened(), "error", error=error)


def test_a_refused_key_is_an_error() -> None:
    with pytest.raises(BadCredentials, match=r'refused the key\. It says: "Bad key\."'):
        hear(opened(), "error", error={"code": "invalid_api_key", "message": "Bad key."})


def test_a_server_that_closes_for_good_is_not_tried_again() -> None:
    protocol = opened()
    hear(protocol, "error", error={"code": "insufficient_quota", "message": "Pay."})
    with pytest.raises(PeerError, match="Pay"):
        protocol.disconnected(1008)
    assert protocol.state is State.OVER
    with pytest.raises(PeerError, match="closed the session with 3000"):
        opened().disconnected(3000)


@pytest.mark.parametrize("fields", [{"error": "Slow."}, {"message": "Slow."}])
def test_other_errors_are_told_once_and_the_session_goes_on(fields: dict[str, str]) -> None:
    protocol = opened()
    assert hear(protocol, "error", **fields) == [Warning(code="error", message="Slow.")]
    assert hear(protocol, "error", **fields) == []
    assert not over(protocol)


@pytest.mark.parametrize("wire", ["", "[]", "{}", '{"type": 1}', b"\xff", "[" * 100_000])
def test_what_is_not_of_the_protocol_is_refused(wire: str | bytes) -> None:
    with pytest.raises(BadMessage, match="not of OpenAI's Realtime protocol"):
        opened().receive(wire)


def test_a_text_has_a_bound() -> None:
    protocol = opened()
    hear(protocol, f"{KIND}.delta", item_id="a", delta="a" * LONGEST)
    with pytest.raises(BadMessage, match=f"over {LONGEST} characters"):
        hear(protocol, f"{KIND}.delta", item_id="a", delta="a")


def test_items_have_a_bound() -> None:
    protocol = opened()
    for number in range(OPEN + 1):
        hear(protocol, f"{KIND}.delta", item_id=str(number), delta="a")
    kept = events(protocol.disconnected(1006))
    assert [each.id for each in kept if isinstance(each, Final)] == [
        str(number) for number in range(1, OPEN + 1)
    ]


def test_with_our_own_server() -> None:
    """Both sides of the protocol, without a line between them."""
    client = OpenAIProtocol("whisper-1", bound=1 << 20)
    server = OpenAIRealtimeDialect("x")
    asked: list[object] = []
    heard: list[AnyEvent] = []

    def answer(*answers: Answer) -> None:
        for each in answers:
            listen(*server.send(each))

    def listen(*wires: str | bytes) -> None:
        for wire in wires:
            heard.extend(events(client.receive(wire)))

    def say(wire: str | bytes | None) -> None:
        assert wire is not None
        for request in server.receive(wire):
            if isinstance(request, Say):
                listen(request.message)
            else:
                asked.append(request)

    listen(*server.greet())
    say(client.connected())
    client.audio(SECOND)
    say(client.take())
    answer(
        Numbered(1, 1, Speech(state="started", at=1600)),
        Interim(id="u1", start=1600, end=4800, stable="alfa", tail=" bra-"),
    )
    client.finish()
    say(client.take())
    say(client.take())
    assert client.take() is None
    assert [type(each) for each in asked] == [Start, Audio, Flush]
    assert not over(client)
    said = Final(id="u1", start=1600, end=16000, text="alfa bravo", engine="e", model="m")
    answer(Numbered(2, 1, said), Flushed(1))
    assert client.state is State.OVER
    assert isinstance(heard[-1], Final)
    assert (heard[-1].text, heard[-1].start) == ("alfa bravo", 1600)
    assert Finish() not in asked
