"""A client's hold on a session, answer by answer."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import numpy as np
import pytest

from vivavoce.core.commands import Audio, Finish, Flush, Mark, Options, Start, Tick
from vivavoce.core.errors import BadMessage, Held, TooLarge
from vivavoce.core.events import Final, Numbered, Started
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Ack, Bye, Flushed
from vivavoce.dialects.native_messages import MAX_MESSAGE
from vivavoce.engines.fake import say
from vivavoce.journal.frames import MAX_RECORDED
from vivavoce.live.seat import Seat
from vivavoce.testing.clock import virtual_time

pytestmark = pytest.mark.anyio

Serve = Callable[..., AbstractAsyncContextManager[Any]]
START = Start(AudioFormat(), Options())


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return virtual_time()


async def seated(server: Any) -> Seat:
    seat: Seat = await server.hub.start(START)
    return seat


async def test_it_is_ready_before_anything_is_sent(serve: Serve) -> None:
    async with serve() as server:
        seat = await seated(server)
        assert (seat.ready.epoch, seat.ready.next_frame) == (1, 0)
        assert len(seat.ready.token) >= 32
        assert seat.ready.limits == {"max_frame": MAX_MESSAGE, "grace": 2.0}
        assert seat.acknowledged == -1
        (other,) = [await seated(server)]
        assert other.ready.token != seat.ready.token
        assert other.ready.session != seat.ready.session


async def test_an_acknowledgement_means_on_the_disk(serve: Serve) -> None:
    """Not written, not in the page cache: what a power cut leaves has it."""
    async with serve() as server:
        seat = await seated(server)
        await seat.send(Audio(0, b"\1\2" * 100))
        assert seat.acknowledged == -1, "it is in the journal, and no more"
        await seat.durable(0)
        assert seat.acknowledged == 0
        audio = server.disk.shadow_of(server.disk.root / seat.ready.session / "audio")
        assert audio.read_bytes() == b"\1\2" * 100
        answers = seat.answers()
        assert await anext(answers) == Ack(0)
        assert isinstance((await anext(answers)).event, Started)  # type: ignore[union-attr]


async def test_what_is_not_for_a_session_is_refused_and_it_goes_on(serve: Serve) -> None:
    async with serve() as server:
        seat = await seated(server)
        with pytest.raises(TooLarge, match=f"{MAX_RECORDED} is the most"):
            await seat.send(Audio(0, bytes(MAX_RECORDED + 1)))
        for command in (Tick(5), START):
            with pytest.raises(BadMessage, match="not for a running session"):
                await seat.send(command)
        await seat.send(Audio(0, bytes(MAX_RECORDED)))
        await seat.send(Finish())
        assert [answer async for answer in seat.answers()][-1] == Bye("finished")


async def test_a_second_finish_is_no_mistake(serve: Serve) -> None:
    async with serve() as server:
        seat = await seated(server)
        await seat.send(Finish())
        await seat.send(Finish())
        assert [answer async for answer in seat.answers()][-1] == Bye("finished")


async def test_who_left_has_no_say_any_more(serve: Serve) -> None:
    async with serve() as server:
        seat = await seated(server)
        seat.leave()
        assert seat.lost
        with pytest.raises(Held):
            await seat.send(Mark())
        answers = [answer async for answer in seat.answers()]
        assert answers[-1] == Bye("left")


@pytest.mark.parametrize("engine", ["scripted", "scripted-native"])
async def test_a_flush_is_answered_after_all_that_was_said_before_it(
    serve: Serve, engine: str
) -> None:
    """Also one with nothing to decide; and again to a client that comes back."""
    async with serve() as server:
        client = await server.start(Options(engine=engine))
        for pcm in (say("alfa"), np.zeros(0, np.float32), say("bravo")):
            await client.say(pcm)
            await client.send(Flush())
        client = await server.resume(client, after=0)
        await client.until(lambda answer: answer == Flushed(3))
        await client.send(Finish())
        await client.bye()
        said: list[str | int] = []
        for answer in client.answers:
            match answer:
                case Numbered(event=Final() as final):
                    said.append(final.text)
                case Flushed():
                    said.append(answer.count)
        assert said == ["alfa", 1, 2, "bravo", 3]
