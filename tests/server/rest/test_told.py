"""Steps as server-sent events, and who hangs up."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from starlette.requests import Request

from vivavoce.core.errors import Gone, Held, OurError
from vivavoce.server.rest import told
from vivavoce.server.rest.told import AHEAD, PING, Step, last, stream

pytestmark = pytest.mark.anyio


class Making:
    """Says `steps`, then raises, or ends, or waits for ever."""

    def __init__(self, *steps: str, raises: Exception | None = None, ends: bool = False) -> None:
        self.closed = asyncio.Event()
        self._steps = steps
        self._raises = raises
        self._ends = ends

    async def run(self) -> AsyncGenerator[Step]:
        try:
            for text in self._steps:
                yield Step("delta", {"text": text})
            if self._raises is not None:
                raise self._raises
            if not self._ends:
                await asyncio.Event().wait()
        finally:
            self.closed.set()


async def test_a_text_stays_in_its_event() -> None:
    pieces = [p async for p in stream(Making("a\n\nevent: x\ndata: {}\r", ends=True).run())]
    assert pieces == [b'event: delta\ndata: {"text":"a\\n\\nevent: x\\ndata: {}\\r"}\n\n']


async def test_silence_is_filled() -> None:
    told = stream(Making().run(), every=0.001)
    assert [await anext(told), await anext(told)] == [PING, PING]
    await told.aclose()


async def test_what_is_read_no_more_is_made_no_more() -> None:
    making = Making("one")
    told = stream(making.run())
    await anext(told)
    await told.aclose()
    await making.closed.wait()


@pytest.mark.parametrize(
    ("error", "code"), [(Held("Wait."), b"held"), (RuntimeError("sesame"), b"internal")]
)
async def test_an_error_is_the_last_event(error: Exception, code: bytes) -> None:
    one, end = [p async for p in stream(Making("one", raises=error).run())]
    assert one.startswith(b"event: delta")
    assert end.startswith(b"event: error")
    assert code in end
    assert b"sesame" not in end


async def test_a_slow_reader_costs_no_memory() -> None:
    making = Making(*(str(n) for n in range(AHEAD + 1000)), ends=True)
    told = stream(making.run())
    await anext(told)
    for _ in range(2000):
        await asyncio.sleep(0)
    assert not making.closed.is_set()
    assert len([piece async for piece in told]) == AHEAD + 999


def request(*, gone: bool) -> Request:
    async def receive() -> dict[str, str]:
        if not gone:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def test_the_last_step_alone() -> None:
    making = Making("one", "two", ends=True)
    assert (await last(request(gone=False), making.run())).data == {"text": "two"}
    with pytest.raises(Held):
        await last(request(gone=False), Making("one", raises=Held("Wait.")).run())
    with pytest.raises(OurError):
        await last(request(gone=False), Making(ends=True).run())


async def test_who_waits_for_the_last_step_and_leaves_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(told, "LOOK_EVERY", 0.001)
    making = Making("one")
    with pytest.raises(Gone):
        await last(request(gone=True), making.run())
    assert making.closed.is_set()
