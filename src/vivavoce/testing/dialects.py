"""The dialect contract: what holds for every protocol behind the port.

A plug-in's test module says what its dialect is, and inherits the rest:

    class TestMine(DialectContract):
        conversation = ['{"do": "start"}', b"\\0" * 3200, '{"do": "stop"}']

        def dialect(self) -> Mine:
            return Mine()

`conversation` is what one client says in one session, from its first message to its last.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vivavoce.core.commands import Audio, Cancel, Configure, Finish, Flush, Mark, Start
from vivavoce.core.errors import EngineError, Full, PeerError
from vivavoce.core.events import (
    AnyEvent,
    Edited,
    Ended,
    EngineSwitched,
    Final,
    Gap,
    Interim,
    Lagging,
    Marker,
    Named,
    Numbered,
    Revised,
    Speaker,
    Speech,
    Started,
    Warning,
)
from vivavoce.core.types import AudioFormat, Word
from vivavoce.dialects.base import (
    Ack,
    Answer,
    Bye,
    Dialect,
    Failed,
    Flushed,
    Ready,
    Request,
    Resume,
    Say,
    Wire,
)

MAX_FRAME = 262_144
"""The most bytes that a journal takes in one frame."""

WORDS = (Word("Hello", 1600, 8000, 0.9), Word("there.", 8000, 14_400, 0.8))

EVENTS: tuple[AnyEvent, ...] = (
    Started(session="s", engine="e", format=AudioFormat()),
    Speech(state="started", at=1600),
    Interim(id="u1", start=0, end=8000, stable="", tail="Hello"),
    Interim(id="u1", start=0, end=12_000, stable="Hello", tail=" their"),
    Lagging(behind=16_000),
    EngineSwitched(at=8000, previous="e", engine="f", reason="it died"),
    Speech(state="ended", at=14_400),
    Final(id="u1", start=0, end=14_400, text="Hello there.", engine="f", model="m", words=WORDS),
    Revised(id="u1", text="Hello there.", engine="f", model="m", words=WORDS),
    Final(id="u2", start=16_000, end=17_000, text="", engine="f", model="m"),
    Marker(at=17_000, label="here"),
    Speaker(id="u1", speaker="S1", words=("S1", None)),
    Named(speaker="S1", name="Ada"),
    Edited(id="u1", actor="me", base_revision=0, text="Hello, there.", words=WORDS),
    Marker(at=9000, label="there", actor="me"),
    Gap(start=17_000, end=18_000, reason="damaged"),
    Warning(code="engine", message="The engine is slow."),
    Ended(reason="finished", duration=18_000),
)
"""A session as its events tell it: every kind that a client may meet."""

ANSWERS: tuple[Answer, ...] = (
    Ready("s" * 26, "token", 1, 0, {"max_frame": MAX_FRAME}),
    Ack(0),
    *(
        event if isinstance(event, Interim) else Numbered(n, 1, event)
        for n, event in enumerate(EVENTS, 1)
    ),
    Flushed(1),
    Bye("finished"),
)

FAILURES = (Failed(Full("This server is full.")), Failed(EngineError("The engine is gone.")))


class DialectContract:
    """`conversation`: one client's messages in one session, the first to the last."""

    conversation: ClassVar[Sequence[Wire]]

    def dialect(self) -> Dialect:
        """A new one, for one connection."""
        raise NotImplementedError

    def test_it_opens_a_session_and_numbers_its_frames(self) -> None:
        dialect = self.dialect()
        requests = list(self._requests(dialect))
        check_requests(requests)
        assert any(isinstance(request, Start) for request in requests)
        assert any(isinstance(request, Audio) for request in requests)

    def test_it_is_a_function_of_what_it_is_told(self) -> None:
        assert self._told(self.dialect()) == self._told(self.dialect())

    def test_it_has_words_for_every_answer_or_none(self) -> None:
        dialect = self.dialect()
        check_wires(dialect.greet())
        list(self._requests(dialect))
        for answer in ANSWERS:
            check_wires(dialect.send(answer))

    @pytest.mark.parametrize("failed", FAILURES, ids=lambda failed: failed.error.code)
    def test_a_failure_may_come_at_any_time(self, failed: Failed) -> None:
        for heard in range(len(self.conversation) + 1):
            dialect = self.dialect()
            for message in self.conversation[:heard]:
                dialect.receive(message)
            check_wires(dialect.send(failed))

    @settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=100)
    @given(data=st.data())
    def test_rubbish_is_answered_or_refused(self, data: st.DataObject) -> None:
        """Anything at any place in a conversation: requests, or a `PeerError`; no other error.

        Where sessions can be resumed the client counts the frames, and may count them wrong:
        the session answers that.
        """
        dialect = self.dialect()
        seen: list[Request] = []
        for message in self.conversation[: data.draw(st.integers(0, len(self.conversation)))]:
            seen += dialect.receive(message)
        for rubbish in data.draw(st.lists(_rubbish(self.conversation), min_size=1, max_size=5)):
            try:
                seen += dialect.receive(rubbish)
            except PeerError:
                break
        if not dialect.manners.resumable:
            check_requests(seen)

    def _requests(self, dialect: Dialect) -> Iterator[Request]:
        for message in self.conversation:
            yield from dialect.receive(message)

    def _told(self, dialect: Dialect) -> list[object]:
        told: list[object] = [*dialect.greet()]
        told += self._requests(dialect)
        for answer in ANSWERS:
            told += dialect.send(answer)
        return told


def check_requests(requests: Sequence[Request]) -> None:
    """A session is started before anything is asked of it, finished before the next is
    started, and its frames count from 0 without holes."""
    opened, due = False, 0
    for request in requests:
        match request:
            case Say():
                check_wires([request.message])
            case Start() | Resume():
                assert not opened, "a session was started inside another"
                opened, due = True, 0
            case Audio():
                assert opened, "audio came without a session"
                assert request.frame == due, "a frame is missing, or is there twice"
                assert len(request.payload) <= MAX_FRAME
                due += 1
            case Bye():
                assert not opened, "the line was ended inside a session"
            case Finish() | Cancel():
                assert opened, "a session was ended that was not open"
                opened = False
            case Flush() | Mark() | Configure():
                assert opened, f"{type(request).__name__} came without a session"


def check_wires(wires: Sequence[Wire]) -> None:
    assert all(isinstance(wire, str | bytes) for wire in wires)


def _rubbish(conversation: Sequence[Wire]) -> st.SearchStrategy[Wire]:
    """Text, bytes, and the conversation's own messages, whole, cut and damaged."""
    own = st.sampled_from(conversation)
    return st.one_of(st.text(), st.binary(), own, st.builds(_damaged, own, st.data()))


def _damaged(message: Wire, data: st.DataObject) -> Wire:
    at = data.draw(st.integers(0, len(message)))
    if isinstance(message, str):
        return message[:at] + data.draw(st.text(max_size=3)) + message[at + 1 :]
    return message[:at] + data.draw(st.binary(max_size=3)) + message[at + 1 :]
