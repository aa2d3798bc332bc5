"""Engines that fail in mid-speech: others go on, nothing is lost, and nothing is said twice."""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from vivavoce.core.commands import Configure, Finish, Flush, Mark, Options
from vivavoce.core.errors import EngineError, EngineExpired
from vivavoce.core.events import (
    AnyEvent,
    Ended,
    EngineSwitched,
    Final,
    Lagging,
    Marker,
    Revised,
    Speech,
    Warning,
)
from vivavoce.core.results import Reading, Result
from vivavoce.core.session import Session
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.engines.base import Pcm, StreamOptions, Turn, Urgency, Window
from vivavoce.engines.fake import ScriptedAligner, ScriptedService, say, silence, tones
from vivavoce.journal.commit import Committer
from vivavoce.journal.controls import ControlCommand
from vivavoce.journal.eventlog import EventLog
from vivavoce.journal.journal import Journal, SessionHeader
from vivavoce.live.broadcast import Broadcast
from vivavoce.live.host_process import HostDied
from vivavoce.live.hosts import DEADLINE, RemoteStream, Sent
from vivavoce.live.runner import LAST, Runner
from vivavoce.live.said import Said
from vivavoce.live.service_host import RemoteTurn, ServiceHost
from vivavoce.live.streams import Pool
from vivavoce.live.tallied import Tallied
from vivavoce.live.tally import Tally
from vivavoce.live.voice import Voice
from vivavoce.testing.clock import virtual_time
from vivavoce.testing.local import LocalAligner, LocalEngines, LocalHosts, LocalRemote

pytestmark = pytest.mark.anyio

PAUSE = silence(1)
SENTENCES = ["alfa bravo", "charlie", "delta echo foxtrot", "golf hotel", "india", "juliett kilo"]
TALK = np.concatenate([part for s in SENTENCES for part in (say(*s.split()), PAUSE)])


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time(0)


class Faults:
    """What goes wrong in the calls of one engine, one after another; then nothing does."""

    def __init__(self, faults: Sequence[str] = (), word: str = "") -> None:
        """`word`: only the calls in which it is heard are counted."""
        self._faults: Iterator[str] = iter(faults)
        self._word = word
        self.befell = 0

    async def befall(self, pcm: Pcm) -> None:
        if self._word and self._word not in [word.text for word in tones(pcm)]:
            return
        fault = next(self._faults, "")
        self.befell += bool(fault)
        if fault == "hang":
            await asyncio.sleep(DEADLINE)
        if fault in ("hang", "die"):
            raise HostDied(f"The host process {fault}s.")
        if fault == "raise":
            raise EngineError("The engine raises.")


class FaultyHosts(LocalHosts):
    """A pool without processes that fails as one with processes does."""

    def __init__(self, engine: str, faults: Faults) -> None:
        super().__init__(engine)
        self.faults = faults
        self.opened = 0
        self.received = 0  # samples

    async def decode(self, window: Window, urgency: Urgency, sent: Sent | None = None) -> Reading:
        await self.faults.befall(window.pcm)
        reading = await super().decode(window, urgency, sent)
        self.received += len(window.pcm)
        return reading

    async def open(self, options: StreamOptions) -> RemoteStream:
        self.opened += 1
        remote: LocalRemote = await super().open(options)  # type: ignore[assignment]
        return _Failing(remote, self)  # type: ignore[return-value]


class WordlessHosts(FaultyHosts):
    """Of an engine that does not say when its words were."""

    def __init__(self, engine: str, faults: Faults) -> None:
        super().__init__(engine, faults)
        self.capabilities = replace(self.capabilities, word_times=False)

    async def decode(self, window: Window, urgency: Urgency, sent: Sent | None = None) -> Reading:
        return replace(await super().decode(window, urgency, sent), words=())


class _Failing:
    def __init__(self, inner: LocalRemote, hosts: FaultyHosts) -> None:
        self._inner = inner
        self._hosts = hosts

    async def feed(self, pcm: Pcm) -> Sequence[Result]:
        self._hosts.received += len(pcm)
        await self._hosts.faults.befall(pcm)
        return await self._inner.feed(pcm)

    async def flush(self) -> Sequence[Result]:
        return await self._inner.flush()

    async def close(self) -> None:
        await self._inner.close()


class FaultyEngines(LocalEngines):
    """Whose pools are made from these faults, by name."""

    def __init__(self, **faults: Faults) -> None:
        names = [name.replace("_", "-") for name in faults]
        super().__init__(*names)
        self.faulty = {
            name: FaultyHosts(name, faults[name.replace("-", "_")]) for name in self.names
        }

    def _pool(self, name: str) -> Pool:
        return self.faulty[name] if name in self.faulty else super()._pool(name)


@dataclass
class Scene:
    """One session, from its journal to its events."""

    journal: Journal
    runner: Runner
    broadcast: Broadcast
    task: "asyncio.Task[None]"
    frame: Iterator[int] = field(default_factory=itertools.count)

    def say(self, pcm: Pcm) -> None:
        for at in range(0, len(pcm), SAMPLE_RATE):
            raw = np.round(pcm[at : at + SAMPLE_RATE] * 32767).astype("<i2").tobytes()
            self.journal.append(next(self.frame), raw)

    def control(self, *commands: ControlCommand) -> None:
        for command in commands:
            self.journal.control(command)

    @property
    def events(self) -> list[AnyEvent]:
        return [numbered.event for numbered in self.broadcast.after(0)]

    def all(self, kind: type) -> list[AnyEvent]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def finals(self) -> list[Final]:
        return [event for event in self.events if isinstance(event, Final)]

    @property
    def texts(self) -> list[str]:
        return [final.text for final in self.finals if final.text]

    @property
    def switches(self) -> list[tuple[str, str]]:
        return [(e.previous, e.engine) for e in self.events if isinstance(e, EngineSwitched)]

    async def finish(self) -> None:
        self.control(Finish())
        await self.task

    async def until(self, texts: int) -> None:
        while len(self.texts) < texts:
            await self.broadcast.changed.wait()


@asynccontextmanager
async def scene(
    engines: LocalEngines, *, interims: bool = True, aligning: LocalAligner | None = None
) -> AsyncIterator[Scene]:
    """Without interims every call of a windowed engine is one for a final."""
    with tempfile.TemporaryDirectory() as folder:
        committer = Committer(0)
        header = SessionHeader(
            session="s",
            owner="local",
            token_sha256="",
            format=AudioFormat(),
            options=Options(),
            created_at=datetime(2026, 1, 2, tzinfo=UTC),
        )
        journal = await Journal.create(Path(folder) / "s", header, committer)
        log = await EventLog.create(journal.folder, committer)
        broadcast = Broadcast(log)
        await engines.start()
        chain = engines.chain()
        core = Session(chain.names[0])
        for event in core.start("s", header.format, None, None):
            broadcast.say(event)
        said = Said(engine=chain.names[0])
        options = StreamOptions(interims=interims, language="en")
        voice = Voice(journal, broadcast, on=False, language="en")
        runner = Runner(
            journal,
            broadcast,
            core,
            chain,
            options,
            said,
            aligning=aligning,
            voice=voice,
            tallied=Tallied(header, 0, Tally()),
        )
        task = asyncio.create_task(runner.run())
        try:
            yield Scene(journal, runner, broadcast, task)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await broadcast.close()
            await journal.close()
            await committer.close()
            await engines.stop()


async def test_the_next_engine_goes_on_and_the_preferred_comes_back() -> None:
    engines = FaultyEngines(faulty=Faults(["raise"], "charlie"), scripted_native=Faults())
    async with scene(engines, interims=False) as session:
        session.say(TALK)
        await session.finish()
        assert session.texts == SENTENCES
        assert session.switches == [("faulty", "scripted-native"), ("scripted-native", "faulty")]
        by = [final.engine for final in session.finals]
        assert by == ["faulty", "scripted-native", "faulty", "faulty", "faulty", "faulty"]
        first, second = session.all(EngineSwitched)
        assert isinstance(first, EngineSwitched)
        assert first.reason == "The engine raises."
        assert isinstance(second, EngineSwitched)
        assert second.reason == "It is preferred, and is tried again."
        assert first.at < second.at
        assert session.all(Warning) == []
        assert [final.id for final in session.finals] == [f"u{n}" for n in range(1, 7)]


async def test_an_engine_that_dies_is_left_alone_for_a_while_and_then_tried() -> None:
    engines = FaultyEngines(faulty=Faults(["die", "die"], "alfa"), scripted=Faults())
    async with scene(engines, interims=False) as session:
        session.say(np.concatenate([say("alfa"), PAUSE, say("bravo"), PAUSE]))
        await session.until(2)
        assert session.switches == [("faulty", "scripted")]
        assert engines.breaker("faulty").state == "open"
        await asyncio.sleep(1)
        assert engines.breaker("faulty").state == "half-open"
        session.say(np.concatenate([say("charlie"), PAUSE, say("alfa"), PAUSE]))
        await session.until(4)
        await asyncio.sleep(2)  # the trial failed
        session.say(np.concatenate([say("delta"), PAUSE, say("alfa"), PAUSE]))
        await session.until(6)
        await session.finish()
        assert session.texts == ["alfa", "bravo", "charlie", "alfa", "delta", "alfa"]
        there, back = ("faulty", "scripted"), ("scripted", "faulty")
        assert session.switches == [there, back, there, back]


async def test_a_failing_trial_loses_nothing() -> None:
    engines = FaultyEngines(faulty_native=Faults(["die"] * 4), scripted=Faults())
    async with scene(engines) as session:
        for sentence in SENTENCES:
            session.say(np.concatenate([say(*sentence.split()), PAUSE]))
            await asyncio.sleep(3)
        await session.finish()
        assert session.texts == SENTENCES
        assert engines.faulty["faulty-native"].opened == 4
        assert session.finals[-1].engine == "faulty-native"


async def test_a_single_engine_is_tried_again_and_the_session_says_that_it_lags() -> None:
    engines = FaultyEngines(scripted=Faults(["die"] * 4, "alfa"))
    async with scene(engines) as session:
        session.say(say("alfa"))
        for second in range(20):
            session.say(say("bravo") if second % 2 else silence(1))
            await asyncio.sleep(1)
        await session.finish()
        assert session.texts[0].split()[0] == "alfa"
        assert " ".join(session.texts).split() == ["alfa"] + ["bravo"] * 10
        (warning,) = session.all(Warning)
        assert isinstance(warning, Warning)
        assert (warning.code, warning.message) == ("engine", "The host process dies.")
        lags = [event.behind for event in session.all(Lagging) if isinstance(event, Lagging)]
        assert lags[0] >= 5 * SAMPLE_RATE
        assert lags[-1] == 0
        assert session.switches == []


async def test_a_native_engine_whose_host_dies_goes_on_by_itself() -> None:
    engines = FaultyEngines(scripted_native=Faults(["die"], "delta"))
    async with scene(engines) as session:
        session.say(TALK)
        await session.finish()
        assert session.texts == SENTENCES
        assert isinstance(session.events[-1], Ended)
        assert session.events[-1].reason == "finished"


async def test_after_the_audio_is_finished_the_tries_are_bounded() -> None:
    faults = Faults(["raise"] * 1000, "charlie")
    engines = FaultyEngines(scripted=faults)
    async with scene(engines) as session:
        session.say(TALK)
        session.control(Finish())
        await session.task
        assert session.texts == SENTENCES[:1]
        ended = session.events[-1]
        assert isinstance(ended, Ended)
        assert ended.reason == "engine"
        assert faults.befell >= LAST
        assert engines.breaker("scripted").reason == "The engine raises."


async def test_before_it_is_finished_they_are_not() -> None:
    engines = FaultyEngines(scripted=Faults(["raise"] * 9, "bravo"))
    async with scene(engines, interims=False) as session:
        session.say(np.concatenate([say("alfa"), PAUSE, say("bravo"), PAUSE]))
        await session.until(2)
        await session.finish()
        assert session.texts == ["alfa", "bravo"]


async def test_who_is_cancelled_while_no_engine_works_ends_at_once() -> None:
    engines = FaultyEngines(scripted=Faults(["die"] * 1000))
    async with scene(engines) as session:
        session.say(say("alfa"))
        session.say(PAUSE)
        while not session.all(Warning):
            await session.broadcast.changed.wait()
        session.runner.cancel()
        await session.task
        ended = session.events[-1]
        assert isinstance(ended, Ended)
        assert ended.reason == "cancelled"


async def test_marks_and_flushes_in_what_is_read_again_count_once() -> None:
    engines = FaultyEngines(faulty=Faults(["raise"], "delta"), scripted_native=Faults())
    async with scene(engines) as session:
        session.say(np.concatenate([say("alfa"), PAUSE, say("bravo")]))
        session.control(Flush(), Mark("one"))
        session.say(say("charlie", "delta"))
        session.control(Flush(), Mark("two"))
        session.say(say("echo"))
        await session.finish()
        assert session.texts == ["alfa", "bravo", "charlie delta", "echo"]
        marks = [(m.label, m.at) for m in session.all(Marker) if isinstance(m, Marker)]
        ends = [final.end for final in session.finals]
        assert [label for label, _ in marks] == ["one", "two"]
        assert ends[0] < ends[1] <= marks[0][1] < marks[1][1]


async def test_speech_is_not_said_to_start_twice() -> None:
    engines = FaultyEngines(faulty=Faults(["raise"] * 2, "alfa"), scripted=Faults())
    async with scene(engines, interims=False) as session:
        session.say(TALK)
        await session.finish()
        states = [(e.state, e.at) for e in session.all(Speech) if isinstance(e, Speech)]
        assert [state for state, _ in states] == ["started", "ended"] * len(SENTENCES)
        assert [at for _, at in states] == sorted(at for _, at in states)


async def test_a_language_that_another_engine_knows_is_read_by_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engines = FaultyEngines(faulty=Faults(), scripted=Faults())
    known = engines.capabilities

    def one_language(name: str) -> object:
        return replace(known(name), languages=("en",)) if name == "faulty" else known(name)

    monkeypatch.setattr(engines, "capabilities", one_language)
    async with scene(engines) as session:
        session.say(np.concatenate([say("alfa"), PAUSE, say("bravo")]))
        session.control(Configure(language="de"))
        session.say(np.concatenate([say("charlie"), PAUSE, say("delta"), PAUSE]))
        session.control(Configure(language="en"))
        session.say(np.concatenate([say("echo"), PAUSE, say("foxtrot")]))
        await session.finish()
        assert session.texts == ["alfa", "bravo", "charlie", "delta", "echo", "foxtrot"]
        by = [final.engine for final in session.finals]
        assert by == ["faulty", "faulty", "scripted", "scripted", "scripted", "faulty"]
        assert session.switches == [("faulty", "scripted"), ("scripted", "faulty")]


async def test_words_of_finals_before_a_switch_get_their_times_all_the_same() -> None:
    engines = FaultyEngines(faulty=Faults(["raise"], "india"), scripted=Faults())
    engines.faulty["faulty"] = WordlessHosts("faulty", engines.faulty["faulty"].faults)
    engines.faulty["scripted"] = WordlessHosts("scripted", Faults())
    aligner = LocalAligner(ScriptedAligner())
    async with scene(engines, interims=False, aligning=aligner) as session:
        session.say(TALK)
        await session.finish()
        assert session.texts == SENTENCES
        assert session.switches == [("faulty", "scripted"), ("scripted", "faulty")]
        timed = [event.id for event in session.all(Revised) if isinstance(event, Revised)]
        assert timed == [final.id for final in session.finals]


FAULTS = st.lists(st.sampled_from(["", "", "raise", "die", "hang"]), max_size=10)
YES = st.booleans()


@settings(max_examples=15)
@given(first=FAULTS, second=FAULTS, natives=st.tuples(YES, YES), flushes=YES, interims=YES)
async def test_whatever_fails_every_word_comes_once_and_in_order(
    first: list[str],
    second: list[str],
    natives: tuple[bool, bool],
    flushes: bool,
    interims: bool,
) -> None:
    names = (
        "faulty_native" if natives[0] else "faulty",
        "scripted_native" if natives[1] else "scripted",
    )
    faults = dict(zip(names, (Faults(first), Faults(second)), strict=True))
    async with scene(FaultyEngines(**faults), interims=interims) as session:
        for sentence in SENTENCES:
            session.say(np.concatenate([say(*sentence.split()), PAUSE]))
            if flushes:
                session.control(Flush())
            await asyncio.sleep(0.5)
        await session.finish()
        assert session.texts == SENTENCES
        starts = [final.start for final in session.finals]
        ends = [final.end for final in session.finals]
        assert all(end <= start for end, start in itertools.pairwise([0, *zip_flat(starts, ends)]))
        ended = session.events[-1]
        assert isinstance(ended, Ended)
        assert (ended.reason, ended.duration) == ("finished", len(TALK))
        for place, word in zip(spoken(), heard(session.finals), strict=True):
            assert abs(place - word) < 800


def zip_flat(starts: list[int], ends: list[int]) -> list[int]:
    return [at for pair in zip(starts, ends, strict=True) for at in pair]


def spoken() -> list[int]:
    return [word.start for word in tones(TALK)]


def heard(finals: Sequence[Final]) -> list[int]:
    return [word.start for final in finals for word in final.words]


@settings(max_examples=10)
@given(
    st.lists(st.sampled_from(["", "", "die", "raise", "hang"]), max_size=8),
    st.lists(st.sampled_from(["", "", "die", "raise"]), max_size=8),
)
async def test_whatever_fails_each_engine_s_use_is_what_it_was_sent(
    windowed: list[str], native: list[str]
) -> None:
    engines = FaultyEngines(faulty_native=Faults(native), scripted=Faults(windowed))
    async with scene(engines) as session:
        session.say(TALK)
        await session.finish()
        assert session.texts == SENTENCES
        used = {use.engine: use.samples for use in session.journal.uses.all}
        received = {name: hosts.received for name, hosts in engines.faulty.items()}
        assert used == {name: samples for name, samples in received.items() if samples}


async def test_both_engines_of_a_failover_are_in_the_use() -> None:
    engines = FaultyEngines(faulty_native=Faults(["die"] * 2, "charlie"), scripted_native=Faults())
    async with scene(engines) as session:
        session.say(TALK)
        await session.finish()
        assert session.switches[0] == ("faulty-native", "scripted-native")
        by = {use.engine: use.samples for use in session.journal.uses.all}
        assert set(by) == {"faulty-native", "scripted-native"}
        assert sum(by.values()) > len(TALK)  # what was not decided was sent again


class HourlyTurn:
    """Ends with the service's limit after so many samples."""

    def __init__(self, inner: Turn, most: int) -> None:
        self._inner = inner
        self._left = most

    async def feed(self, pcm: Pcm) -> None:
        self._left -= len(pcm)
        if self._left < 0:
            raise EngineExpired("The hour is over.")
        await self._inner.feed(pcm)

    async def finish(self) -> None:
        await self._inner.finish()

    def results(self) -> AsyncIterator[Result]:
        return self._inner.results()

    async def close(self) -> None:
        await self._inner.close()


class HourlyHost(ServiceHost):
    """A service without a process, whose connections end after `most` samples."""

    def __init__(self, most: int) -> None:
        super().__init__("scripted-service", DEADLINE)
        self.opened = 0
        self._most = most

    async def start(self) -> None:
        """There is nothing to start."""

    async def open(self, options: StreamOptions) -> RemoteTurn:
        self.opened += 1
        # It has what a session's stream uses of a remote one.
        return HourlyTurn(await ScriptedService().open(options), self._most)  # type: ignore[return-value]


class HourlyEngines(LocalEngines):
    def __init__(self, most: int) -> None:
        super().__init__("scripted-service")
        self.host = HourlyHost(most)

    def _pool(self, name: str) -> Pool:
        return self.host


async def test_a_service_that_ends_its_connections_at_a_limit_goes_on_by_itself() -> None:
    """On one timeline, without a word of it to anybody, and without a breaker that opens."""
    engines = HourlyEngines(4 * SAMPLE_RATE)
    async with scene(engines) as session:
        session.say(TALK)
        await session.finish()
        assert session.texts == SENTENCES
        assert engines.host.opened > 2
        assert session.switches == []
        assert session.all(Warning) == []
        assert engines.breaker("scripted-service").state == "closed"
        assert session.events[-1] == Ended(reason="finished", duration=len(TALK))


async def test_a_service_that_ends_them_before_it_says_anything_has_failed() -> None:
    engines = HourlyEngines(0)
    async with scene(engines) as session:
        session.say(say("alfa"))
        await session.finish()
        (warning, *_) = session.all(Warning)
        assert isinstance(warning, Warning)
        assert warning.message == "The hour is over."
        assert engines.host.opened > 2
        assert isinstance(session.events[-1], Ended)
        assert session.events[-1].reason == "engine"
