"""Events to those who watch, live and after."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest

from vivavoce.core.commands import Audio, Finish, Options, Start
from vivavoce.core.errors import DiskError
from vivavoce.core.events import Ended, Interim, Marker, Numbered
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.library.recording import Changes, Recording, new_id
from vivavoce.live.seat import Seat
from vivavoce.server.rest import sse
from vivavoce.server.rest.ahead import AHEAD, Item
from vivavoce.server.rest.sse import LATELY, PING, Encoder
from vivavoce.server.rest.sse import stream as streamed
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio
Message = dict[str, str]


async def messages(lines: AsyncIterator[str]) -> AsyncIterator[Message]:
    """Server-sent events by the book: fields until an empty line; comments are skipped."""
    message: Message = {}
    async for line in lines:
        if not line:
            if message:
                yield message
            message = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            message[name] = value


def numbers(found: list[Message]) -> list[int]:
    return [int(message["id"]) for message in found if "id" in message]


async def get(
    http: httpx2.AsyncClient, recording: str, after: int | None = None
) -> AsyncIterator[Message]:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    async with http.stream("GET", f"/recordings/{recording}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for message in messages(answer.aiter_lines()):
            yield message


@pytest.fixture
async def live(parts: Services) -> Seat:
    return await parts.hub.start(Start(AudioFormat("pcm_f32le"), Options()))


async def speak(seat: Seat, frame: int, *words: str) -> None:
    await seat.send(Audio(frame, say(*words).tobytes()))
    await seat.send(Audio(frame + 1, silence(1).tobytes()))


async def test_a_watcher_sees_words_as_they_come_and_then_the_end(
    remote: httpx2.AsyncClient, live: Seat
) -> None:
    found: list[Message] = []
    await speak(live, 0, "alfa", "bravo")
    async with asyncio.timeout(120):
        async for message in get(remote, live.ready.session):
            found.append(message)
            if message["event"] == "final" and "alfa" in message["data"]:
                # Seen while the session goes on: only now is there more.
                await speak(live, 2, "charlie", "delta", "echo", "foxtrot")
                await live.send(Finish())
    data: list[Any] = [json.loads(message["data"]) for message in found]
    finals = [d["event"]["text"] for d, m in zip(data, found, strict=True) if m["event"] == "final"]
    assert finals == ["alfa bravo", "charlie delta echo foxtrot"]
    assert numbers(found) == list(range(1, len(numbers(found)) + 1))
    assert found[0]["event"] == "started"
    assert found[-1]["event"] == "ended"
    assert data[0]["n"] == 1
    assert data[0]["epoch"] == 1


async def test_live_and_sealed_say_the_same(
    remote: httpx2.AsyncClient, live: Seat, parts: Services
) -> None:
    await speak(live, 0, "alfa")
    await live.send(Finish())
    async with asyncio.timeout(120):
        watched = [m async for m in get(remote, live.ready.session) if "id" in m]
        assert await parts.hub.watch(live.ready.session) is None  # the stream's end says: sealed
        sealed = [m async for m in get(remote, live.ready.session)]
    assert sealed == watched


async def test_a_watcher_goes_on_where_it_was(remote: httpx2.AsyncClient, live: Seat) -> None:
    id_ = live.ready.session
    await speak(live, 0, "alfa")
    first: list[Message] = []
    async with asyncio.timeout(120):
        async for message in get(remote, id_):
            if "id" in message:
                first.append(message)
            if len(first) == 2:
                break
        await speak(live, 2, "bravo")
        await live.send(Finish())
        rest = [m async for m in get(remote, id_, after=2) if "id" in m]
        every = [m async for m in get(remote, id_) if "id" in m]
    assert first + rest == every
    assert numbers(every) == list(range(1, len(every) + 1))


async def test_who_has_seen_all_gets_the_end_of_the_stream(
    remote: httpx2.AsyncClient, live: Seat
) -> None:
    await live.send(Finish())
    async with asyncio.timeout(120):
        every = [m async for m in get(remote, live.ready.session)]
        assert [m async for m in get(remote, live.ready.session, after=len(every))] == []


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 30])
async def test_a_bad_number_is_refused(http: httpx2.AsyncClient, live: Seat, after: str) -> None:
    path = f"/recordings/{live.ready.session}/events"
    answer = await http.get(path, headers={"Last-Event-ID": after})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith("Last-Event-ID cannot be taken")


async def elsewhere(parts: Services, live: Seat) -> Recording:
    """A recording whose session neither runs here nor is sealed."""
    here = await parts.repository.get("local", live.ready.session)
    other = msgspec.structs.replace(here, id=new_id())
    await parts.repository.create(other)
    return other


async def test_what_is_neither_running_nor_sealed_is_held(
    http: httpx2.AsyncClient, parts: Services, live: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "LOOKS", 2)
    other = await elsewhere(parts, live)
    answer = await http.get(f"/recordings/{other.id}/events")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "held")
    assert answer.json()["error"]["retryable"] is True


async def test_a_reader_is_held_until_what_is_on_its_way_is_there(
    http: httpx2.AsyncClient, parts: Services, live: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await elsewhere(parts, live)
    watch, looks = parts.hub.watch, []

    async def watched(session: str, after: int = 0) -> None:
        looks.append(await watch(session, after))

    monkeypatch.setattr(parts.hub, "watch", watched)
    monkeypatch.setattr(sse, "LOOK_EVERY", 0)
    monkeypatch.setattr(sse, "LOOKS", 100_000)
    asking = asyncio.create_task(http.get(f"/recordings/{other.id}/events"))
    async with asyncio.timeout(120):
        while not looks:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await parts.repository.seal(other.id, [NOTE], Changes(state="done"))
        answer = await asking
    assert answer.status_code == 200
    assert answer.content == NOTE_BYTES


async def test_the_end_of_another_process_s_session_is_told_when_it_is_sealed(
    parts: Services, live: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await elsewhere(parts, live)
    ended = Numbered(1, 1, Ended(reason="finished", duration=0))

    async def tail() -> AsyncIterator[Item]:
        yield ended

    monkeypatch.setattr(sse, "LOOK_EVERY", 0)
    monkeypatch.setattr(sse, "LOOKS", 100_000)
    items = sse._on(parts, other, tail(), 0)
    assert await anext(items) == ended
    end = asyncio.create_task(anext(items, None))
    for _ in range(3):  # looks into the library
        await parts.repository.get("local", other.id)
    assert not end.done()
    await parts.repository.seal(other.id, [ended], Changes(state="done"))
    assert await end is None
    assert (await parts.repository.get("local", other.id)).state == "done"


def watching() -> bool:
    """Whether the server waits for something to send to anybody."""
    return any("_read_ahead" in repr(task.get_coro()) for task in asyncio.all_tasks())


async def test_a_watcher_that_vanishes_is_forgotten(address: tuple[str, int], live: Seat) -> None:
    path = f"/api/v1/recordings/{live.ready.session}/events"
    reader, writer = await asyncio.open_connection(*address)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    async with asyncio.timeout(120):
        await reader.readuntil(b"event: started")
        assert watching()
        writer.transport.abort()
        while watching():  # noqa: ASYNC110
            await asyncio.sleep(0)


NOTE = Numbered(7, 2, Marker(at=1, label="a\nb"))
NOTE_BYTES = (
    b'id: 7\nevent: marker\ndata: {"n":7,"epoch":2,'
    b'"event":{"type":"marker","at":1,"label":"a\\nb","actor":null}}\n\n'
)


async def test_silence_is_filled_with_comments_and_nothing_is_lost() -> None:
    said = asyncio.Event()

    async def items() -> AsyncIterator[Item]:
        yield NOTE
        await said.wait()
        yield Interim(id="u1", start=0, end=1, stable="a", tail=" b")

    stream = streamed(items(), every=0.001)
    found = [await anext(stream)]
    while (chunk := await anext(stream)) == NOTE_BYTES:
        found.append(chunk)
    assert (found, chunk) == ([NOTE_BYTES], PING)
    said.set()
    rest = [chunk async for chunk in stream if chunk != PING]
    assert rest == [
        b'event: interim\ndata: {"type":"interim","id":"u1","start":0,"end":1,'
        b'"stable":"a","tail":" b","track":0}\n\n'
    ]


async def test_a_reader_that_does_not_read_makes_nobody_work_far_ahead() -> None:
    asked = 0

    async def items() -> AsyncIterator[Item]:
        nonlocal asked
        while True:
            asked += 1
            yield NOTE

    stream = streamed(items())
    for _ in range(3):
        await anext(stream)
    for _ in range(100):
        await asyncio.sleep(0)
    assert asked <= 4 * AHEAD
    await stream.aclose()


async def test_what_is_at_hand_goes_out_together_and_of_interims_the_latest() -> None:
    async def items() -> AsyncIterator[Item]:
        for tail in ("a", "b"):
            yield Interim(id="u1", start=0, end=1, stable="", tail=tail)
        for _ in range(AHEAD + 1):
            yield NOTE
        yield Interim(id="u2", start=0, end=1, stable="", tail="c")

    chunks = [chunk async for chunk in streamed(items())]
    assert [chunk.count(NOTE_BYTES) for chunk in chunks] == [AHEAD - 1, 2]
    assert b"".join(chunks).count(b"event: interim") == 2
    assert chunks[0].startswith(b'event: interim\ndata: {"type":"interim","id":"u1"')
    assert b'"tail":"b"' in chunks[0]


async def test_an_error_ends_the_stream_after_what_was_said() -> None:
    async def items() -> AsyncIterator[Item]:
        yield NOTE
        raise DiskError("The log cannot be read.")

    assert [chunk async for chunk in streamed(items())] == [NOTE_BYTES]


async def test_a_reader_that_leaves_lets_go_of_the_source() -> None:
    closed = asyncio.Event()

    async def items() -> AsyncIterator[Item]:
        try:
            yield NOTE
            await asyncio.Event().wait()
        finally:
            closed.set()

    stream = streamed(items(), every=0.001)
    await anext(stream)
    await anext(stream)
    await stream.aclose()
    assert closed.is_set()


def test_an_item_that_many_are_sent_is_encoded_once() -> None:
    shown: list[Item] = []

    def see(item: Item) -> Item:
        shown.append(item)
        return item

    encode = Encoder(see)
    first = Numbered(1, 1, Marker(at=1))

    assert encode(first) is encode(first)
    assert shown == [first]
    others = [Numbered(n, 1, Marker(at=n)) for n in range(LATELY + 1)]
    assert [encode(other).split()[1] for other in others] == [
        str(n).encode() for n in range(LATELY + 1)
    ]
    assert encode(first)
    assert len(shown) == LATELY + 3, "what is long past is not kept"


async def test_a_stream_ends_when_it_is_closed() -> None:
    async def silent() -> AsyncIterator[Item]:
        yield Numbered(1, 1, Marker(at=1))
        await asyncio.Event().wait()

    closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    found = []
    async for chunk in streamed(silent(), closed=closed):
        found.append(chunk)
        closed.set_result(None)
    assert len(found) == 1
