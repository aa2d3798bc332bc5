"""Sessions from their start to the library, through lost lines and dead servers."""

import asyncio
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vivavoce.core.commands import (
    Audio,
    Cancel,
    Configure,
    Finish,
    Flush,
    Mark,
    Options,
    Start,
)
from vivavoce.core.errors import (
    BadCredentials,
    BadMessage,
    DiskError,
    Draining,
    FrameGap,
    Full,
    Gone,
    Held,
    NotFound,
)
from vivavoce.core.events import (
    Ended,
    Final,
    Interim,
    Marker,
    Numbered,
    Revised,
    Speech,
    Started,
    Warning,
)
from vivavoce.core.transcript import fold
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Bye, Failed, Resume
from vivavoce.engines.base import Reading
from vivavoce.engines.fake import WORDS, ScriptedAligner, say, silence
from vivavoce.testing.clock import virtual_time
from vivavoce.testing.disks import FrailDisk
from vivavoce.testing.local import LocalAligner

pytestmark = pytest.mark.anyio

Serve = Callable[..., AbstractAsyncContextManager[Any]]
PAUSE = silence(0.8)
TALK = np.concatenate(
    [
        silence(0.37),
        say("alfa", "bravo"),
        PAUSE,
        say("charlie"),
        silence(0.3),
        say("delta", "echo", "foxtrot"),
        PAUSE,
        say(*WORDS[6:20]),
        PAUSE,
        say("zulu"),
        PAUSE,
    ]
)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time()


def essence(finals: list[Final]) -> list[tuple[str, int, int, str]]:
    return [(final.id, final.start, final.end, final.text) for final in finals]


async def undisturbed(server: Any) -> list[tuple[str, int, int, str]]:
    client = await server.start()
    await client.say(TALK)
    await client.send(Finish())
    await client.bye()
    return essence(client.finals)


async def test_a_session_from_its_start_to_the_library(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start(Options(title="A talk"))
        await client.say(TALK)
        await client.acknowledged()
        await client.send(Finish())
        assert await client.bye() == Bye("finished")
        assert isinstance(client.events[0], Started)
        assert client.events[-1] == Ended(reason="finished", duration=len(TALK))
        assert [numbered.n for numbered in client.numbered] == [*range(1, len(client.numbered) + 1)]
        assert client.interims
        said = " ".join(final.text for final in client.finals)
        assert said == " ".join([*WORDS[:20], "zulu"])
        kept = await server.repository.get("local", client.session)
        assert (kept.title, kept.state, kept.reason) == ("A talk", "done", "finished")
        assert await server.repository.transcript("local", client.session) == fold(client.events)
        stored = [each async for each in server.repository.events("local", client.session)]
        assert stored == client.numbered
        assert await server.blobs.size(f"recordings/{client.session}/audio") == 44 + 2 * len(TALK)
        assert not (server.disk.root / client.session).exists()


@pytest.mark.parametrize("frame", [333, 20_001, 262_144])
async def test_finals_do_not_depend_on_the_frames(serve: Serve, frame: int) -> None:
    """Not even where they cut samples in two."""
    async with serve() as server:
        expected = await undisturbed(server)
        client = await server.start(Options(interims=frame != 20_001, endpoint_ms=500))
        await client.say(TALK, frame)
        await client.send(Finish())
        await client.bye()
        assert essence(client.finals) == expected


async def test_what_is_not_kept_leaves_nothing(serve: Serve) -> None:

    async with serve() as server:
        seat = await server.hub.start(Start(AudioFormat()), kept=False)
        await seat.send(Finish())
        answers = [answer async for answer in seat.answers()]
        assert answers[-1] == Bye("finished")
        with pytest.raises(NotFound):
            await server.repository.get("local", seat.ready.session)
        assert list(server.disk.root.iterdir()) == []


async def test_nothing_said_is_an_empty_transcript(serve: Serve) -> None:
    async with serve() as server:
        for audio in (silence(0), silence(2)):
            client = await server.start()
            await client.say(audio)
            await client.send(Finish())
            assert await client.bye() == Bye("finished")
            assert client.finals == []
            assert (await server.repository.get("local", client.session)).state == "done"


async def test_commands_hold_where_they_were_given(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        await client.send(Flush(), Mark("vote"), Configure(endpoint_ms=200))
        await client.say(say("bravo"))
        await client.say(silence(0.3))
        await client.say(say("charlie"))
        await client.send(Finish())
        await client.bye()
        assert [final.text for final in client.finals] == ["alfa", "bravo", "charlie"]
        assert client.finals[0].end == len(say("alfa"))
        assert [e for e in client.events if isinstance(e, Marker)] == [
            Marker(at=4000, label="vote")
        ]


async def test_the_last_words_come_out_when_audio_stops(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        await client.final("alfa")
        await client.send(Finish())
        await client.bye()


async def test_a_line_is_lost_and_found(serve: Serve) -> None:
    async with serve() as server:
        expected = await undisturbed(server)
        first = await server.start()
        half = len(TALK) // 2 // 1600 * 1600
        await first.say(TALK[:half])
        await first.final("alfa bravo")
        first.seat.leave()
        assert await first.bye() == Bye("left")
        second = await server.resume(first)
        assert second.seat.ready.next_frame == first.next_frame
        assert second.seat.ready.epoch == 1
        await second.say(TALK[half:])
        await second.send(Finish())
        assert await second.bye() == Bye("finished")
        assert essence(first.finals + second.finals) == expected
        together = first.numbered + second.numbered
        assert [numbered.n for numbered in together] == [*range(1, len(together) + 1)]


async def test_whoever_saw_nothing_is_told_everything(serve: Serve) -> None:
    async with serve() as server:
        first = await server.start()
        await first.say(say("alfa"))
        await first.final("alfa")
        second = await server.resume(first, after=0)
        await second.final("alfa")
        assert second.numbered == first.numbered
        await second.send(Finish())
        await second.bye()


async def test_the_newest_client_has_the_session(serve: Serve) -> None:
    async with serve() as server:
        old = await server.start()
        new = await server.resume(old)
        assert await old.bye() == Bye("held", 4409)
        with pytest.raises(Held):
            await old.send(Mark())
        old.seat.leave()
        await new.say(say("alfa"))
        await new.final("alfa")
        await new.send(Finish())
        assert await new.bye() == Bye("finished")


async def test_only_the_token_opens_a_session(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        with pytest.raises(BadCredentials):
            await server.hub.resume(Resume(client.session, "guess", 1, 0))
        for unknown in ("0" * 26, "../../etc", ""):
            with pytest.raises(Gone):
                await server.hub.resume(Resume(unknown, client.seat.ready.token, 1, 0))
        await client.send(Finish())
        await client.bye()
        with pytest.raises((Gone, Held)):
            await client.say(say("alfa"))
        with pytest.raises(BadCredentials):
            await server.hub.resume(Resume(client.session, "guess", 1, 0))


async def test_a_line_that_is_lost_at_the_end_costs_no_last_words(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        await client.send(Finish())
        client.seat.leave()
        await server.hub.sealed(client.session)
        again = await server.resume(client, after=0)
        assert await again.bye() == Bye("finished")
        kept = [n async for n in server.repository.events("local", client.session)]
        assert again.numbered == kept
        assert [final.text for final in again.finals] == ["alfa"]
        again.seat.leave()
        await server.hub.cancel(client.session)  # it is deleted
        with pytest.raises(Gone):
            await server.resume(client)


async def test_the_last_words_wait_for_the_grace_and_no_longer(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.send(Finish())
        await client.bye()
        await asyncio.sleep(2 * client.seat.ready.limits["grace"])  # of virtual time
        with pytest.raises(Gone):
            await server.resume(client)


async def test_who_does_not_come_back_is_not_waited_for(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa", "bravo"))
        client.seat.leave()
        watched = await server.hub.watch(client.session)
        events = [item.event async for item in watched if isinstance(item, Numbered)]
        assert events[-1] == Ended(reason="abandoned", duration=8000)
        assert [event.text for event in events if isinstance(event, Final)] == ["alfa bravo"]
        await server.hub.sealed(client.session)
        assert (await server.repository.get("local", client.session)).state == "done"


async def test_who_comes_back_in_time_has_all_the_time_again(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        for _ in range(3):
            client.seat.leave()
            await asyncio.sleep(1.5)
            client = await server.resume(client)
        await client.send(Finish())
        assert await client.bye() == Bye("finished")


async def test_a_cancelled_session_ends_at_once(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        await client.final("alfa")
        await client.say(say("bravo"))
        await client.send(Cancel())
        assert await client.bye() == Bye("cancelled")
        assert [final.text for final in client.finals] == ["alfa"]
        kept = await server.repository.get("local", client.session)
        assert (kept.state, kept.reason) == ("failed", "cancelled")


async def test_a_session_may_be_cancelled_before_it_has_begun(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await server.hub.cancel(client.session)
        assert await client.bye() == Bye("cancelled")
        await server.hub.cancel(client.session)


async def test_a_full_disk_does_not_keep_a_session_from_being_deleted(serve: Serve) -> None:
    async with serve() as server, asyncio.timeout(60):
        client = await server.start()
        await client.say(say("alfa"))
        await client.acknowledged()
        server.disk.room = 0
        await server.hub.cancel(client.session)
        assert await client.bye() == Bye("cancelled")
        assert list(server.disk.root.iterdir()) == []


@pytest.mark.parametrize("wanted", [True, False])
async def test_every_file_is_closed_before_the_folder_goes(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    """Not every system deletes a file that is open."""
    async with serve() as server:
        client = await server.start()
        unlink = server.disk.unlink
        still_open: list[list[str]] = []

        def noted(path: Path) -> None:
            files = [file for file in server.disk._files if file.path.parent == path.parent]
            still_open.append([file.path.name for file in files if not file._file.closed])
            unlink(path)

        monkeypatch.setattr(server.disk, "unlink", noted)
        await client.say(say("alfa"))
        if wanted:
            await client.send(Finish())
        else:
            await server.hub.cancel(client.session)
        await client.bye()
        assert still_open == [[]]


async def test_what_is_deleted_is_not_put_into_the_library_first(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        await client.acknowledged()
        await server.hub.cancel(client.session)
        assert await client.bye() == Bye("cancelled")
        with pytest.raises(NotFound):
            await server.blobs.size(f"recordings/{client.session}/audio")


async def test_what_comes_after_the_end_is_not_acknowledged(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as server:
        client = await server.start(encoding="container")
        sealing, sealed = asyncio.Event(), asyncio.Event()
        put_file = server.blobs.put_file

        async def slowly(*args: Any) -> None:
            sealing.set()
            await sealed.wait()
            await put_file(*args)

        monkeypatch.setattr(server.blobs, "put_file", slowly)
        await client.send(Audio(0, b"%PDF" + bytes(1000)))
        await sealing.wait()
        assert client.seat.over
        with pytest.raises(Gone):
            await client.send(Audio(1, bytes(1000)))
        sealed.set()
        assert await client.bye() == Bye("bad_audio")


async def test_a_session_deleted_while_it_runs_leaves_nothing(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        await server.repository.delete("local", client.session)
        await client.send(Finish())
        await client.bye()
        with pytest.raises(NotFound):
            await server.blobs.size(f"recordings/{client.session}/audio")


async def test_frames_come_without_holes_and_may_come_twice(serve: Serve) -> None:

    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        with pytest.raises(FrameGap) as gap:
            await client.send(Audio(client.next_frame + 1, b"\0\0"))
        assert gap.value.expected == client.next_frame
        await client.acknowledged()
        client.answers.clear()
        await client.send(Audio(0, b"\0\0"))
        await client.acknowledged()
        await client.send(Finish())
        await client.bye()
        assert [final.text for final in client.finals] == ["alfa"]


async def test_what_cannot_be_had_is_refused(serve: Serve) -> None:
    async with serve() as server:
        with pytest.raises(BadMessage, match="no engine 'nobody'"):
            await server.start(Options(engine="nobody"))
        with pytest.raises(BadMessage, match="understands en, not tlh"):
            await server.start(Options(engine="moonshine", language="tlh"))
        assert (await server.repository.page("local")).items == ()
        assert list(server.disk.root.iterdir()) == []


async def test_no_more_sessions_than_can_be_served(serve: Serve) -> None:
    async with serve(sessions=2) as server:
        outcomes = await asyncio.gather(*(server.start() for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(outcome, Full) for outcome in outcomes) == 3
        file = await server.start(Options(interims=False))
        for client in (*outcomes, file):
            if not isinstance(client, Exception):
                await client.send(Finish())
                await client.bye()
        again = await server.start()
        await again.send(Finish())
        await again.bye()


async def test_either_kind_of_engine_serves_a_session(serve: Serve) -> None:
    async with serve() as server:
        texts = []
        for engine in ("scripted", "scripted-native"):
            client = await server.start(Options(engine=engine))
            await client.say(TALK)
            await client.send(Finish())
            await client.bye()
            texts.append([final.text for final in client.finals])
            assert {final.engine for final in client.finals} == {engine}
        assert texts[0] == texts[1]


async def test_an_engine_that_fails_ends_its_session_and_no_other(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as server:
        good, bad = await server.start(), await server.start()
        engine = server.engines.pools["scripted"].engine
        decode = engine.decode

        def broken(window: Any) -> Reading:
            reading: Reading = decode(window)
            if "bravo" in reading.text:
                raise RuntimeError("no bravo")
            return reading

        monkeypatch.setattr(engine, "decode", broken)
        await bad.say(np.concatenate([say("bravo"), PAUSE]))
        await bad.send(Finish())
        assert await bad.bye() == Bye("engine")
        assert any(isinstance(event, Warning) for event in bad.events)
        ended = bad.events[-1]
        assert isinstance(ended, Ended)
        assert ended.reason == "engine"
        await good.say(say("alfa"))
        await good.send(Finish())
        assert await good.bye() == Bye("finished")
        kept = await server.repository.get("local", bad.session)
        assert (kept.state, kept.reason) == ("failed", "engine")
        assert await server.blobs.size(f"recordings/{bad.session}/audio") > 44


async def test_a_session_that_cannot_begin_leaves_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as server:
        create = server.repository.create

        async def broken(recording: Any) -> None:
            await create(recording)
            server.disk.failing_syncs = 3  # a second trouble must not hide the first
            raise DiskError("The library is full.")

        monkeypatch.setattr(server.repository, "create", broken)
        with pytest.raises(DiskError, match="The library is full"):
            await server.start()
        assert (await server.repository.page("local")).items == ()
        assert list(server.disk.root.iterdir()) == []


async def test_a_session_that_cannot_say_that_it_began_opens_no_stream(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as server:
        first = await server.start(Options(engine="scripted-native"))
        await first.send(Finish())
        await first.bye()
        pool = server.engines.pools["scripted-native"]
        create, opened, streams = server.repository.create, pool.open, []

        async def with_the_last_room(recording: Any) -> None:
            await create(recording)
            server.disk.room = 0

        async def counted(language: str | None) -> Any:
            streams.append(language)
            return await opened(language)

        monkeypatch.setattr(server.repository, "create", with_the_last_room)
        monkeypatch.setattr(pool, "open", counted)
        with pytest.raises(DiskError):
            await server.start(Options(engine="scripted-native"))
        assert streams == []
        assert list(server.disk.root.iterdir()) == []


async def test_a_client_that_never_reads_holds_nobody_up(serve: Serve) -> None:

    async with serve() as server:
        seat = await server.hub.start(Start(AudioFormat()))
        watched = await server.hub.watch(seat.ready.session)
        raw = np.round(TALK * 32767).astype("<i2").tobytes()
        for frame, at in enumerate(range(0, len(raw), 3200)):
            await seat.send(Audio(frame, raw[at : at + 3200]))
        await seat.send(Finish())
        events = [item.event async for item in watched if isinstance(item, Numbered)]
        assert isinstance(events[-1], Ended)
        await server.hub.sealed(seat.ready.session)
        answers = [answer async for answer in seat.answers()]
        assert [a.event for a in answers if isinstance(a, Numbered)] == events
        assert answers[-1] == Bye("finished")


async def test_interims_go_to_the_client_and_to_who_watches(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        watched = await server.hub.watch(client.session)
        shown: list[Interim] = []

        async def watch() -> None:
            shown.extend([item async for item in watched if isinstance(item, Interim)])

        watching = asyncio.create_task(watch())
        for word in WORDS[:12]:
            await client.say(say(word))
            await asyncio.sleep(0.05)
        await client.send(Finish())
        await client.bye()
        await watching
        assert len(shown) > 2
        assert len(client.interims) > 2
        for heard in (shown, client.interims):
            assert {interim.id for interim in heard} == {"u1"}
            stable = ""
            for interim in heard:
                assert interim.stable.startswith(stable)
                stable = interim.stable


@pytest.mark.parametrize("half", [1600, 22_400, 30_400, 56_000, 99_200])
async def test_a_stopping_server_hands_its_sessions_to_the_next(serve: Serve, half: int) -> None:
    """In a pause or in the middle of a word: it cuts nowhere."""
    async with serve() as server:
        expected = await undisturbed(server)
        first = await server.start()
        await first.say(TALK[:half])
        await first.acknowledged()
        await server.hub.drain(5)
        assert await first.bye() == Bye("draining", 1001)
        for refused in (server.start(), server.resume(first)):
            with pytest.raises(Draining):
                await refused
    async with serve() as server:
        second = await server.resume(first)
        assert second.seat.ready.epoch == 2
        assert second.seat.ready.next_frame == first.next_frame
        await second.say(TALK[half:])
        await second.send(Finish())
        assert await second.bye() == Bye("finished")
        assert essence(first.finals + second.finals) == expected
        assert await server.repository.transcript("local", first.session) == fold(
            first.events + second.events
        )


@pytest.mark.parametrize("at", [0, 1600, 22_400, 30_400, 56_000, 99_200, len(TALK)])
async def test_a_server_killed_in_mid_sentence_loses_nothing(serve: Serve, at: int) -> None:
    async with serve() as server:
        expected = await undisturbed(server)
        first = await server.start()
        await first.say(TALK[:at])
        await first.send(Mark("here"))
        await first.acknowledged()
        await first.until(lambda a: isinstance(a, Numbered) and isinstance(a.event, Marker))
        await server.crash()
    async with serve() as server:
        second = await server.resume(first)
        assert second.seat.ready.epoch == 2
        await second.say(TALK[at:])
        await second.send(Finish())
        assert await second.bye() == Bye("finished")
        stored = [each async for each in server.repository.events("local", first.session)]
        events = [numbered.event for numbered in stored]
        assert essence([e for e in events if isinstance(e, Final)]) == expected
        assert [e for e in events if isinstance(e, Marker)] == [Marker(at=at, label="here")]
        assert [numbered.n for numbered in stored] == [*range(1, len(stored) + 1)]
        speech = [event.state for event in events if isinstance(event, Speech)]
        assert speech == ["started", "ended"] * (len(speech) // 2)
        assert len([event for event in events if isinstance(event, Started)]) == 1


@pytest.mark.parametrize("at", [40_000, 64_000])
async def test_a_server_killed_in_mid_monologue_goes_on_where_it_cut(serve: Serve, at: int) -> None:
    """Who never pauses is cut by length; the next server knows that they were still speaking."""
    options = Options(max_utterance_ms=1500)
    speech = np.concatenate([say(*WORDS, *WORDS[:5]), PAUSE])

    async with serve() as server:
        calm = await server.start(options)
        await calm.say(speech)
        await calm.send(Finish())
        await calm.bye()
        first = await server.start(options)
        await first.say(speech[:at])
        await first.acknowledged()
        await first.until(lambda a: isinstance(a, Numbered) and isinstance(a.event, Final))
        await server.crash()
    async with serve() as server:
        second = await server.resume(first)
        await second.say(speech[at:])
        await second.send(Finish())
        await second.bye()
        assert len(calm.finals) > 4
        assert essence(first.finals + second.finals) == essence(calm.finals)
        together = [e.state for e in first.events + second.events if isinstance(e, Speech)]
        assert together == ["started", "ended"]


async def test_nobody_comes_back_to_a_killed_server(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        await client.acknowledged()
        await server.crash()
    async with serve() as server:
        watched = await server.hub.watch(client.session)
        events = [item.event async for item in watched if isinstance(item, Numbered)]
        assert events[-1] == Ended(reason="abandoned", duration=4000)
        await server.hub.sealed(client.session)
        assert (await server.repository.get("local", client.session)).preview == "alfa"


async def test_a_server_killed_between_the_end_and_the_library(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        await client.final("alfa")
        server.repository.seal = None  # it dies before that
        await client.send(Finish())
        await client.until(lambda a: isinstance(a, Numbered) and isinstance(a.event, Ended))
        await server.crash()
    with monkeypatch.context() as patch:
        unlink = FrailDisk.unlink
        still_open: list[str] = []

        def noted(disk: FrailDisk, path: Path) -> None:
            still_open.extend(file.path.name for file in disk._files if not file._file.closed)
            unlink(disk, path)

        patch.setattr(FrailDisk, "unlink", noted)
        async with serve() as server:
            kept = await server.repository.get("local", client.session)
            assert (kept.state, kept.preview) == ("done", "alfa")
            assert list(server.disk.root.iterdir()) == []
            assert still_open == [], "not every system deletes a file that is open"


async def test_a_full_disk_makes_words_wait_and_nothing_else(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        server.gate().clear()
        await client.say(np.concatenate([say("alfa"), PAUSE]))
        await client.acknowledged()
        server.disk.room = 0
        server.gate().set()
        await asyncio.sleep(3)
        assert client.finals == []
        server.disk.room = None
        await client.final("alfa")
        await client.send(Finish())
        assert await client.bye() == Bye("finished")


async def test_what_could_not_be_made_durable_is_sent_again(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        await client.final("alfa")
        await client.acknowledged()
        await asyncio.sleep(1)  # the events are durable as well
        server.disk.failing_syncs = 1
        client.answers.clear()
        await client.say(say("bravo"))
        failed = await client.until(lambda answer: isinstance(answer, Failed))
        assert isinstance(failed, Failed)
        assert failed.error.code == "disk"
        assert (await client.bye()).close == 1013
        client.seat.leave()
        again = await server.resume(client)
        await again.say(say("charlie"))
        await again.acknowledged()
        await again.send(Finish())
        assert await again.bye() == Bye("finished")


async def test_nobody_hears_of_the_end_before_all_survives_a_power_cut(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        await client.acknowledged()
        server.disk.failing_syncs = 10**6
        await client.send(Finish())
        await client.final("alfa")
        await asyncio.sleep(10)
        said = [answer.event for answer in client.answers if isinstance(answer, Numbered)]
        assert not any(isinstance(event, Ended) for event in said)
        server.disk.failing_syncs = 0
        assert await client.bye() == Bye("finished")


async def test_a_session_whose_last_fsync_failed_is_sealed_once_the_disk_is_well(
    serve: Serve,
) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(say("alfa"))
        await client.acknowledged()
        server.disk.failing_syncs = 3
        await client.say(say("bravo"))
        await client.send(Finish())
        await client.until(lambda answer: isinstance(answer, Bye))
        await server.hub.sealed(client.session)
        assert (await server.repository.get("local", client.session)).preview == "alfa bravo"


async def test_two_servers_share_the_sessions_of_one_folder(serve: Serve) -> None:
    async with serve() as here, serve() as there:
        expected = await undisturbed(here)
        first = await here.start()
        await first.say(TALK[:24_000])
        await first.final("alfa bravo")
        second = await there.resume(first)
        assert (await first.bye()).close == 1001
        assert second.seat.ready.epoch == 2
        seen_here: list[Any] = []

        async def watch() -> None:
            seen_here.extend([item async for item in await here.hub.watch(first.session)])

        watching = asyncio.create_task(watch())
        await second.say(TALK[24_000:])
        await second.send(Finish())
        assert await second.bye() == Bye("finished")
        assert essence(first.finals + second.finals) == expected
        await watching
        seen = essence([i.event for i in seen_here if isinstance(i.event, Final)])
        assert seen == expected[: len(seen)]  # all of it, where it was asked after the move
        assert seen


async def test_who_watches_anothers_session_does_not_keep_a_server_from_stopping(
    serve: Serve,
) -> None:
    async with serve() as one, serve() as other, asyncio.timeout(60):
        client = await one.start()
        watched = await other.hub.watch(client.session)
        assert isinstance((await anext(watched)).event, Started)
        await other.hub.drain(0)
        assert [each async for each in watched] == []
        await client.send(Finish())
        await client.bye()


async def test_an_engine_that_hangs_does_not_keep_a_server_from_stopping(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start()
        server.gate().clear()
        await client.say(np.concatenate([say("alfa"), PAUSE]))
        await client.acknowledged()
        await server.hub.drain(5)
        assert await client.bye() == Bye("draining", 1001)
    async with serve() as server:
        again = await server.resume(client)
        await again.send(Finish())
        await again.bye()
        assert [final.text for final in again.finals] == ["alfa"]


async def test_what_nobody_foresaw_leaves_the_session_to_the_next_server(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as server:
        client = await server.start()

        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(server.repository, "seal", broken)
        await client.say(say("alfa"))
        await client.send(Finish())
        assert await client.bye() == Bye("internal", 1011)
    async with serve() as server:
        kept = await server.repository.get("local", client.session)
        assert (kept.state, kept.preview) == ("done", "alfa")


async def test_two_clients_that_come_back_at_once_are_both_answered(serve: Serve) -> None:
    async with serve() as here:
        client = await here.start()
        await client.say(say("alfa"))
        async with serve() as there:
            seats = await asyncio.gather(*(there.resume(client) for _ in range(3)))
            (holder,) = (seat for seat in seats if not seat.seat.lost)
            closes = [(await seat.bye()).close for seat in seats if seat is not holder]
            assert closes == [4409, 4409]
            await holder.send(Finish())
            assert await holder.bye() == Bye("finished")


async def test_who_reads_slowly_while_the_session_is_sealed_misses_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as server:
        seat = await server.hub.start(Start(AudioFormat()))
        session = server.hub._sessions[seat.ready.session]
        removed, go_on = asyncio.Event(), asyncio.Event()
        remove = session.journal.remove

        async def slowly() -> None:
            await remove()
            removed.set()
            await go_on.wait()

        monkeypatch.setattr(session.journal, "remove", slowly)
        watched = await server.hub.watch(seat.ready.session)
        assert isinstance((await anext(watched)).event, Started)
        for n in range(600):
            await seat.send(Mark(str(n)))
        await seat.send(Finish())
        await removed.wait()
        assert [item async for item in watched] == []
        answers = seat.answers()
        events = [(await anext(answers)).event for _ in range(602)]
        assert [event.label for event in events[1:-1]] == [str(n) for n in range(600)]
        assert events[-1] == Ended(reason="finished", duration=0)
        go_on.set()
        assert [answer async for answer in answers] == [Bye("finished")]


@pytest.mark.parametrize("aligner", ["works", "hangs"])
async def test_word_times_follow_and_are_kept(
    serve: Serve, odd_engines: object, aligner: str
) -> None:
    """After their finals and before the end; without them it ends all the same."""
    async with serve() as server:
        server.engines.aligner = LocalAligner(ScriptedAligner())
        if aligner == "hangs":
            server.engines.aligner.open_gate.clear()
        client = await server.start(Options(engine="untimed"))
        await client.say(TALK)
        await client.send(Finish())
        assert await client.bye() == Bye("finished")
        revised = [event for event in client.events if isinstance(event, Revised)]
        assert [event.text for event in revised] == (
            [final.text for final in client.finals] if aligner == "works" else []
        )
        for event in revised:
            final = next(final for final in client.finals if final.id == event.id)
            assert client.events.index(final) < client.events.index(event)
            assert [word.text for word in event.words] == final.text.split()
            assert all(word.confidence == 0.9 for word in event.words)
        assert isinstance(client.events[-1], Ended)
        kept = await server.repository.transcript("local", client.session)
        assert kept == fold(client.events)
        assert all(bool(utterance.words) == bool(revised) for utterance in kept.utterances)
        expected = await undisturbed(server)
        assert essence(client.finals) == expected


async def test_a_recording_may_be_renamed_while_it_is_made(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start(Options(title="A talk"))
        await client.send(Configure(endpoint_ms=200))
        assert (await server.repository.get("local", client.session)).title == "A talk"
        await client.send(Configure(title="The talk"))
        assert (await server.repository.get("local", client.session)).title == "The talk"
        await server.repository.delete("local", client.session)
        await client.send(Configure(title="Gone"), Finish())
        assert await client.bye() == Bye("finished")


async def test_a_live_title_is_one_line_that_can_be_read(serve: Serve) -> None:
    async with serve() as server:
        client = await server.start(Options(title="A\x00\u202etalk\n"))
        assert (await server.repository.get("local", client.session)).title == "A talk"
        await client.send(Configure(title="The\x1b\u2066 talk"))
        assert (await server.repository.get("local", client.session)).title == "The talk"
        await client.send(Configure(title="\u202e\n"), Finish())
        assert await client.bye() == Bye("finished")
        assert (await server.repository.get("local", client.session)).title == "The talk"
        assert isinstance(client.events[0], Started)
        assert client.events[0].title == "A talk"


async def test_a_language_that_the_engine_does_not_know_is_refused_and_it_goes_on(
    serve: Serve,
) -> None:
    async with serve() as server:
        client = await server.start(Options(engine="moonshine"))
        with pytest.raises(BadMessage, match="understands en, not tlh"):
            await client.send(Configure(language="tlh", title="No"))
        assert (await server.repository.get("local", client.session)).title != "No"
        await client.send(Configure(language="en-GB"), Finish())
        assert await client.bye() == Bye("finished")


async def test_who_only_guesses_the_token_makes_no_process_let_go(serve: Serve) -> None:
    async with serve() as here, serve() as there:
        client = await here.start()
        with pytest.raises(BadCredentials):
            await there.hub.resume(Resume(client.session, "guess", 1, 0))
        assert client.session in here.hub._sessions
        await client.send(Finish())
        assert await client.bye() == Bye("finished")


@pytest.mark.parametrize("file", ["session.json", "audio", "controls"])
async def test_a_damaged_session_can_be_deleted(serve: Serve, file: str) -> None:
    async with serve() as server:
        client = await server.start()
        await client.say(np.concatenate([say("alfa"), PAUSE]))
        await client.final("alfa")
        await client.acknowledged()
        await client.say(say("bravo"))  # whose record says that the others were safe
        await server.crash()
    folder = server.disk.root / client.session
    damaged = folder / file
    if file == "controls":
        damaged.unlink()
    else:
        damaged.write_bytes(b"")
    async with serve() as server:
        assert client.session not in server.hub._sessions
        assert folder.exists(), "what is damaged is left for somebody to look at"
        await server.hub.cancel(client.session)
        assert not folder.exists()


async def test_a_damaged_session_that_another_process_has_is_held(serve: Serve) -> None:
    async with serve() as here, serve() as there:
        for task in here.hub._tasks:
            task.cancel()  # it would let go, if it looked for the note just then
        client = await here.start()
        header = here.disk.root / client.session / "session.json"
        whole = header.read_bytes()
        header.write_bytes(b"")
        with pytest.raises(Held):
            await there.hub.cancel(client.session)
        header.write_bytes(whole)
        await client.send(Finish())
        assert await client.bye() == Bye("finished")


async def test_a_recording_whose_session_is_gone_is_said_to_be_lost(serve: Serve) -> None:
    async with serve() as here:
        lost, other = await here.start(), await here.start()
        await here.crash()
        shutil.rmtree(here.disk.root / lost.session)
        async with serve() as there:
            kept = await there.repository.get("local", lost.session)
            assert (kept.state, kept.reason) == ("failed", "lost")
            assert (await there.repository.get("local", other.session)).state == "live"


async def test_a_start_sweeps_up_what_never_began_and_leaves_what_may_be_beginning(
    serve: Serve,
) -> None:
    async with serve() as server:
        old, young = server.disk.root / ("0" * 26), server.disk.root / ("1" * 26)
        for folder in (old, young):
            folder.mkdir()
            (folder / "audio").write_bytes(b"secret")
        os.utime(old, (0, 0))
    async with serve():
        assert not old.exists()
        assert young.exists()
