"""What is served ends in the middle, and its client is told so."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vivavoce.core.errors import BadCredentials
from vivavoce.server.auth.ending import endable
from vivavoce.server.auth.watch import End

pytestmark = pytest.mark.anyio
WHY = BadCredentials("This key was revoked.")
HTTP = {"type": "http", "method": "GET", "path": "/api/v1/recordings", "headers": []}
SOCKET = {
    "type": "websocket",
    "path": "/api/v1/live",
    "query_string": b"",
    "headers": [],
    "subprotocols": [],
    "extensions": {"websocket.http.response": {}},
}


class Served:
    """One request, and what its client hears."""

    def __init__(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        self.heard: list[Message] = []
        self.left = False  # nobody is told any more
        self._ends: list[End] = []
        self._new = asyncio.Event()
        self.task = asyncio.create_task(
            endable(app, dict(scope), self._receive, self._send, self._watching)
        )

    def end(self) -> None:
        self._ends[0](WHY)

    async def hears(self, wanted: Callable[[list[Message]], bool]) -> None:
        while not wanted(self.heard):
            self._new.clear()
            await self._new.wait()

    async def _receive(self) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, message: Message) -> None:
        self.heard.append(message)
        self._new.set()

    @contextmanager
    def _watching(self, end: End) -> Iterator[None]:
        self._ends.append(end)
        yield
        self.left = True


def app(*said: Message, then: Callable[[], Any] | None = None) -> ASGIApp:
    """Says this, and waits for ever, or for what comes then."""

    async def run(_scope: Scope, _receive: Receive, send: Send) -> None:
        for message in said:
            await send(message)
        await (then() if then else asyncio.Event().wait())

    return run


START = {"type": "http.response.start", "status": 200, "headers": []}
BOUNDED = {"type": "http.response.start", "status": 200, "headers": [(b"Content-Length", b"9")]}
SOME = {"type": "http.response.body", "body": b"some", "more_body": True}
ALL = {"type": "http.response.body", "body": b"all", "more_body": False}
ACCEPT = {"type": "websocket.accept"}
SAID = {"type": "websocket.send", "text": "hello"}


async def ended(said: list[Message], scope: dict[str, Any]) -> list[Message]:
    """What a client hears after what was said, when it ends there."""
    served = Served(app(*said), scope)
    await served.hears(lambda heard: len(heard) == len(said))
    await asyncio.sleep(0)
    served.end()
    await served.task
    return served.heard[len(said) :]


async def test_a_request_that_was_not_answered_is_refused() -> None:
    start, body = await ended([], HTTP)
    assert (start["status"], b"revoked" in body["body"]) == (401, True)


async def test_a_stream_is_over() -> None:
    (last,) = await ended([START, SOME], HTTP)
    assert (last["body"], last["more_body"]) == (b"", False)


async def test_what_has_a_length_is_cut_off() -> None:
    assert await ended([BOUNDED, SOME], HTTP) == []


async def test_what_is_over_stays_as_it_is() -> None:
    assert await ended([START, ALL], HTTP) == []


async def test_a_websocket_is_told_and_closed() -> None:
    told, close = await ended([ACCEPT, SAID], SOCKET)
    assert (told["type"], "revoked" in told["text"]) == ("websocket.send", True)
    assert (close["code"], close["reason"]) == (4401, "bad_credentials")


async def test_a_websocket_that_was_not_accepted_is_refused() -> None:
    heard = await ended([], SOCKET)
    assert heard[-1]["code"] == 4401


async def test_a_websocket_that_is_closed_is_told_nothing() -> None:
    assert await ended([ACCEPT, {"type": "websocket.close"}], SOCKET) == []


async def test_what_is_over_by_itself_is_not_cancelled() -> None:
    served = Served(app(START, ALL, then=lambda: asyncio.sleep(0)), HTTP)
    await served.task
    assert (served.heard, served.left) == ([START, ALL], True)


async def test_it_may_be_over_in_the_very_moment() -> None:
    """Told to end when there is nothing left to cancel; whoever serves goes on."""
    served: list[Served] = []

    async def over() -> None:
        served[0].end()

    served.append(Served(app(START, ALL, then=over), HTTP))
    await served[0].task
    assert served[0].heard == [START, ALL]


async def test_whoever_else_cancels_it_sees_it_cancelled() -> None:
    served = Served(app(START), HTTP)
    await served.hears(bool)
    served.end()
    served.task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await served.task
    assert served.task.cancelled()


async def test_what_puts_off_its_end_is_told_again() -> None:
    stubborn = asyncio.Event()

    async def twice() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        stubborn.set()
        await asyncio.Event().wait()

    served = Served(app(START, SOME, then=twice), HTTP)
    await served.hears(lambda heard: len(heard) == 2)
    await asyncio.sleep(0)
    served.end()
    await stubborn.wait()
    served.end()
    await served.task
    assert served.heard[-1]["more_body"] is False


async def test_what_goes_wrong_goes_wrong() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Served(app(START, then=fail), HTTP).task
