"""The client's state machine, by itself and against the server's with a line that breaks."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.client.outbox import MAX_CONTROLS
from vivavoce.client.protocol import ClientProtocol, error_from
from vivavoce.client.talk import State
from vivavoce.core.commands import Audio, Finish, Flush, Mark, Start
from vivavoce.core.errors import BadMessage, Conflict, FrameGap, Full, Gone, Held, VivavoceError
from vivavoce.core.events import Ended, Final, Interim, Marker, Numbered
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Ack, Answer, Bye, Failed, Ready, Resume, Wire
from vivavoce.dialects.native import NativeDialect
from vivavoce.dialects.native_messages import (
    MAX_PAYLOAD,
    ErrorMessage,
    FinishMessage,
    FlushMessage,
    MarkMessage,
    StartMessage,
    decode_from_client,
    unpack_frame,
)

START = StartMessage(format=AudioFormat())


def client(bound: int = 1 << 20) -> ClientProtocol:
    return ClientProtocol(START, bound=bound)


def hear(protocol: ClientProtocol, *answers: Answer) -> list[Numbered | Interim]:
    """What the application learns of these answers."""
    wires = [wire for answer in answers for wire in NativeDialect().send(answer)]
    return [said for wire in wires for said in protocol.receive(wire)]


def opened(bound: int = 1 << 20) -> ClientProtocol:
    protocol = client(bound)
    protocol.connected()
    hear(protocol, Ready("s", "secret", 1, 0))
    return protocol


def taken(protocol: ClientProtocol) -> list[object]:
    """All that the client wants to say now, in the server's words."""
    dialect = NativeDialect(opened=True)
    said: list[object] = []
    while (wire := protocol.take()) is not None:
        said += dialect.receive(wire)
    return said


def marker(n: int, epoch: int = 1, label: str = "") -> Numbered:
    return Numbered(n, epoch, Marker(at=n, label=label))


def test_the_first_message_is_start_and_nothing_is_sent_before_ready() -> None:
    protocol = client()
    protocol.audio(b"a")
    assert decode_from_client(str(protocol.connected())) == START
    assert protocol.take() is None
    hear(protocol, Ready("s", "secret", 1, 0))
    assert taken(protocol) == [Audio(0, b"a")]


def test_a_long_payload_is_cut_into_frames() -> None:
    protocol = opened()
    protocol.audio(bytes(MAX_PAYLOAD) + b"rest")
    assert taken(protocol) == [Audio(0, bytes(MAX_PAYLOAD)), Audio(1, b"rest")]


def test_after_a_break_what_is_not_acknowledged_is_sent_again_with_the_words_among_it() -> None:
    protocol = opened()
    protocol.audio(b"a")
    protocol.control(MarkMessage(label="between a and b"))
    protocol.audio(b"b")
    protocol.control(FlushMessage())
    protocol.audio(b"c")
    taken(protocol)
    hear(protocol, Ack(0), marker(1))
    protocol.disconnected(1006)
    resume = decode_from_client(str(protocol.connected()))
    assert (resume.session, resume.token, resume.epoch, resume.after) == ("s", "secret", 1, 1)  # type: ignore[union-attr]
    hear(protocol, Ready("s", "secret", 1, 2))
    assert taken(protocol) == [Flush(), Audio(2, b"c")]


def test_a_gap_is_answered_from_the_frame_that_is_due() -> None:
    protocol = opened()
    for payload in (b"a", b"b", b"c"):
        protocol.audio(payload)
    taken(protocol)
    hear(protocol, Failed(FrameGap(expected=1, got=2)))
    assert taken(protocol) == [Audio(1, b"b"), Audio(2, b"c")]
    assert protocol.error is None


def test_the_buffer_is_bounded_and_emptied_by_acknowledgements() -> None:
    protocol = opened(bound=100)
    protocol.audio(bytes(100))
    assert not protocol.outbox.room
    taken(protocol)
    hear(protocol, Ack(0))
    assert protocol.outbox.room
    assert protocol.outbox.held == 0


def test_what_the_server_holds_is_kept_until_it_says_that_it_is_durable() -> None:
    protocol = opened(bound=100)
    protocol.audio(bytes(100))
    taken(protocol)
    protocol.disconnected(1006)
    protocol.connected()
    hear(protocol, Ready("s", "secret", 1, 1))
    assert taken(protocol) == []
    assert not protocol.outbox.room
    protocol.disconnected(1006)
    protocol.connected()
    hear(protocol, Ready("s", "secret", 2, 0))
    assert taken(protocol) == [Audio(0, bytes(100))]


def test_control_messages_are_bounded_too() -> None:
    protocol = opened()
    for count in range(3 * MAX_CONTROLS):
        protocol.control(MarkMessage(label=str(count)))
        assert taken(protocol) == [Mark(str(count))]
    protocol.disconnected(1006)
    for _ in range(MAX_CONTROLS):
        protocol.control(FlushMessage())
    with pytest.raises(Full, match=f"{MAX_CONTROLS} messages wait"):
        protocol.control(FlushMessage())


def test_events_seen_are_passed_over_and_a_hole_is_an_error() -> None:
    protocol = opened()
    assert hear(protocol, marker(1), marker(2), marker(2), marker(1)) == [marker(1), marker(2)]
    with pytest.raises(BadMessage, match="Event 4 came, but event 3 was due"):
        hear(protocol, marker(4))


def test_a_newer_epoch_replaces_everything_from_its_number_on() -> None:
    protocol = opened()
    hear(protocol, marker(1), marker(2), marker(3))
    anew = Numbered(2, 2, Marker(at=5))
    assert hear(protocol, anew, marker(3), marker(3, epoch=2)) == [anew, marker(3, epoch=2)]
    assert (protocol.epoch, protocol.after) == (2, 3)


def test_events_of_kinds_to_come_are_counted_and_passed_over() -> None:
    protocol = opened()
    hear(protocol, marker(1))
    news = '{"type": "event", "n": 2, "epoch": 1, "event": {"type": "news", "of": ["what"]}}'
    assert protocol.receive(news) == ()
    assert hear(protocol, marker(2), marker(3)) == [marker(3)]
    with pytest.raises(BadMessage, match="Event 9"):
        protocol.receive(news.replace('"n": 2', '"n": 9'))
    with pytest.raises(BadMessage, match="at`"):  # known, but wrong
        protocol.receive(news.replace('"news"', '"marker"'))


def test_interims_have_no_number() -> None:
    interim = Interim(id="u1", start=0, end=1, stable="a", tail="b")
    assert hear(opened(), interim, interim) == [interim, interim]


def test_ended_ends_it_whatever_becomes_of_the_line() -> None:
    protocol = opened()
    hear(protocol, Numbered(1, 1, Ended(reason="finished", duration=1)))
    protocol.disconnected(1006)
    assert protocol.state is State.OVER


def test_bye_after_ended_ends_it_at_once() -> None:
    protocol = opened()
    hear(protocol, Numbered(1, 1, Ended(reason="finished", duration=1)))
    states = [protocol.state]
    hear(protocol, Bye("finished"))
    states.append(protocol.state)
    assert states == [State.OPEN, State.OVER]


def test_bye_ends_it_when_the_line_closes_well() -> None:
    protocol = opened()
    hear(protocol, Bye("finished"))
    protocol.disconnected(1000)
    assert protocol.state is State.OVER


@pytest.mark.parametrize("close", [1000, 1001, 1006, 1011, 1012, 1013, 4409])
def test_other_breaks_can_be_mended(close: int) -> None:
    protocol = opened()
    protocol.disconnected(close)
    assert protocol.state is State.LOST


def test_a_session_that_another_client_took_is_let_go() -> None:
    protocol = opened()
    hear(protocol, Bye("held", 4409))
    with pytest.raises(Held, match="Another client"):
        protocol.disconnected(4409)


@pytest.mark.parametrize("close", [1008, 1009, 4401, 4410])
def test_some_breaks_cannot_be_mended(close: int) -> None:
    protocol = opened()
    with pytest.raises(VivavoceError, match=str(close)):
        protocol.disconnected(close)
    assert protocol.state is State.OVER


def test_a_refusal_is_raised_as_the_error_that_it_was() -> None:
    protocol = opened()
    hear(protocol, Failed(Gone("The session is past its grace.")))
    with pytest.raises(Gone, match="past its grace"):
        protocol.disconnected(4410)


def test_every_error_of_a_server_can_be_raised_again() -> None:
    kinds = [VivavoceError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    for kind in kinds:
        error = error_from(ErrorMessage(code=kind.code, message="Sorry.", retryable=False))
        assert error.message == "Sorry."
        assert error.code == kind.code or kind.code in (FrameGap.code, Conflict.code)


def test_a_refusal_that_may_pass_is_kept_for_whoever_asks() -> None:
    protocol = opened()
    hear(protocol, Failed(Held("Another client holds the session.")))
    protocol.disconnected(4409)
    assert protocol.state is State.LOST
    assert isinstance(protocol.error, Held)


@pytest.mark.parametrize(
    ("wire", "sentence"),
    [
        (b"\0", "binary"),
        ('{"type": "ack", "frame": 7}', "Frame 7 was acknowledged, but never sent"),
        ('{"type": "error", "code": "gap", "message": "", "retryable": true, "expected": 9}', "9"),
        ('{"type": "pong"}', "pong"),
    ],
)
def test_rubbish_from_a_server_is_named(wire: Wire, sentence: str) -> None:
    with pytest.raises(BadMessage, match=sentence):
        opened().receive(wire)


def test_a_server_that_lost_acknowledged_audio_is_found_out() -> None:
    protocol = opened()
    protocol.audio(b"a")
    protocol.audio(b"b")
    taken(protocol)
    hear(protocol, Ack(0))
    protocol.disconnected(1006)
    protocol.connected()
    with pytest.raises(BadMessage, match="wants frame 0, but has acknowledged all before 1"):
        hear(protocol, Ready("s", "secret", 2, 0))


@dataclass
class ModelServer:
    """What a server must do, as simply as it can be said.

    `received` lives in memory, `durable` of it on disk. Each frame makes an event; of those
    too, `logged` are on disk.
    """

    dialect: NativeDialect = field(default_factory=NativeDialect)
    received: list[bytes] = field(default_factory=list)
    durable: int = 0
    events: list[Numbered] = field(default_factory=list)
    logged: int = 0
    epoch: int = 1
    finished: bool = False

    def hear(self, wire: Wire) -> list[Answer]:
        answers: list[Answer] = []
        for request in self.dialect.receive(wire):
            answers += self._carry_out(request)
        return answers

    def _carry_out(self, request: object) -> list[Answer]:
        match request:
            case Start():
                return [Ready("s", "t", self.epoch, 0)]
            case Resume(after=after, epoch=epoch):
                # The client's log and ours are the same only as far as both epochs allow.
                ours = [event.n for event in self.events if event.epoch <= epoch]
                after = min(after, max(ours, default=0))
                ready = Ready("s", "t", self.epoch, len(self.received))
                return [ready, *self._durable(), *self.events[after:]]
            case Audio(frame=frame, payload=payload):
                if frame < len(self.received):
                    return [Ack(frame)] if frame < self.durable else []
                if frame > len(self.received):
                    return [Failed(FrameGap(len(self.received), frame))]
                self.received.append(payload)
                return [self._log(payload.hex())]
            case Finish():
                self.finished = True
        return []

    def _log(self, text: str) -> Numbered:
        final = Final(id="u", start=0, end=0, text=text, engine="e", model="m")
        self.events.append(Numbered(len(self.events) + 1, self.epoch, final))
        return self.events[-1]

    def commit(self) -> list[Answer]:
        self.durable = len(self.received)
        self.logged = len(self.events)
        return self._durable()

    def _durable(self) -> list[Answer]:
        return [Ack(self.durable - 1)] if self.durable else []

    def killed(self) -> None:
        """Only what is on disk is left, and the rest of the events is made anew."""
        self.epoch += 1
        del self.received[self.durable :]
        del self.events[self.logged :]
        for payload in self.received[len(self.events) :]:
            self._log(payload.hex() + "again")


@dataclass
class World:
    """A client, a server, what is in flight both ways, and what the application saw."""

    client: ClientProtocol = field(default_factory=client)
    server: ModelServer = field(default_factory=ModelServer)
    up: list[Wire] = field(default_factory=list)
    down: list[Wire] = field(default_factory=list)
    spoken: list[bytes] = field(default_factory=list)
    seen: dict[int, str] = field(default_factory=dict)

    def connect(self) -> None:
        self.server.dialect = NativeDialect()
        self.up = [self.client.connected()]
        self.down = []

    def break_line(self, killed: bool) -> None:
        self.client.disconnected(1006)
        if killed and self.client.ready:
            self.server.killed()

    def speak(self) -> None:
        self.spoken.append(len(self.spoken).to_bytes(2))
        self.client.audio(self.spoken[-1])

    def flush(self) -> None:
        self.client.control(FlushMessage())

    def send(self) -> None:
        if (wire := self.client.take()) is not None:
            self.up.append(wire)

    def arrive(self) -> None:
        """The oldest message on its way up reaches the server."""
        if self.up:
            self._answer(self.server.hear(self.up.pop(0)))

    def commit(self) -> None:
        self._answer(self.server.commit())

    def receive(self) -> None:
        """The oldest message on its way down reaches the client."""
        for said in self.client.receive(self.down.pop(0)) if self.down else ():
            if isinstance(said, Numbered) and isinstance(said.event, Final):
                self.seen = {n: text for n, text in self.seen.items() if n < said.n}
                self.seen[said.n] = said.event.text

    def settle(self) -> None:
        """The line holds until nothing is in flight."""
        for _ in range(100_000):
            for step in (self.send, self.arrive, self.receive):
                step()
            if not (self.up or self.down or self.client.outbox.waiting):
                return
        raise AssertionError("The two talk for ever.")

    def check(self) -> None:
        assert self.server.received == self.spoken[: len(self.server.received)]
        oldest = self.client.outbox.oldest_frame
        assert oldest <= self.server.durable

    def _answer(self, answers: list[Answer]) -> None:
        self.down += [wire for answer in answers for wire in NativeDialect().send(answer)]


STEPS = (World.speak, World.flush, World.send, World.arrive, World.commit, World.receive)
line = st.tuples(st.booleans(), st.lists(st.sampled_from(STEPS), max_size=60), st.booleans())


@given(st.lists(line, max_size=5))
def test_over_lines_that_break_anywhere_each_frame_and_event_arrives_once_in_order(
    lines: list[tuple[bool, list[Callable[[World], None]], bool]],
) -> None:
    world = World()
    for settled, steps, killed in lines:
        world.connect()
        if settled:
            world.settle()
        for step in steps:
            step(world)
            world.check()
        world.break_line(killed)
    world.connect()
    world.client.control(FinishMessage())
    world.settle()
    assert world.server.received == world.spoken
    assert world.server.finished
    assert world.seen == {
        event.n: event.event.text for event in world.server.events if isinstance(event.event, Final)
    }


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=20), st.data())
def test_held_bytes_are_those_not_acknowledged(payloads: list[bytes], data: st.DataObject) -> None:
    protocol = opened()
    for payload in payloads:
        protocol.audio(payload)
    frames = [unpack_frame(wire) for wire in iter(protocol.take, None) if isinstance(wire, bytes)]
    assert [frame.payload for frame in frames] == payloads
    if payloads:
        acknowledged = data.draw(st.integers(0, len(payloads) - 1))
        hear(protocol, Ack(acknowledged))
        rest = payloads[acknowledged + 1 :]
        assert protocol.outbox.held == sum(8 + len(payload) for payload in rest)


def test_a_server_that_lacks_what_another_acknowledged_is_sent_what_is_kept_of_it() -> None:
    protocol = client()
    protocol.connected()
    hear(protocol, Ready("s", "secret", 1, 0, {"keep": 250}))
    for _ in range(4):
        protocol.audio(bytes(100))
    protocol.control(MarkMessage(label="late"))
    protocol.audio(bytes(100))
    assert len(taken(protocol)) == 6
    hear(protocol, Ack(4))
    assert protocol.outbox.held == 0
    protocol.disconnected(1006)
    protocol.connected()
    hear(protocol, Ready("s", "secret", 2, 1, {"keep": 250}))
    again = taken(protocol)
    assert again == [Audio(3, bytes(100)), Mark("late"), Audio(4, bytes(100))]
    assert protocol.outbox.held == 2 * 108
    hear(protocol, Ack(4))
    assert protocol.outbox.held == 0
    protocol.disconnected(1006)
    protocol.connected()
    hear(protocol, Ready("s", "secret", 3, 5, {"keep": 250}))
    assert taken(protocol) == []
