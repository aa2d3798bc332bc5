"""What a client of the native protocol may get wrong, one by one, on the real socket."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from vivavoce.engines.fake import say, silence
from vivavoce.testing.bystander import bystander
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.wire import FLOAT, Wire, open_wire

pytestmark = pytest.mark.anyio

ALFA = say("alfa").tobytes()
BRAVO = say("bravo").tobytes()
PAUSE = silence(1).tobytes()


def error_of(wire: Wire) -> dict[str, Any]:
    (error,) = [message for message in wire.heard if message["type"] == "error"]
    assert error["message"].endswith(".")
    assert "\n" not in error["message"]
    assert "Traceback" not in error["message"]
    return error


async def refused(url: str, *data: str | bytes, code: str, close: int) -> str:
    """What the server says to a connection on which only this came."""
    async with bystander(url), open_wire(url) as wire:
        for each in data:
            await wire.send(each)
        assert await wire.closed() == close
    error = error_of(wire)
    assert error["code"] == code
    return str(error["message"])


def start(**format: object) -> str:
    return json.dumps({"type": "start", "format": {**FLOAT, **format}})


@pytest.mark.parametrize(
    "data",
    [
        "{",
        "",
        "[" * 100_000,
        '"start"',
        "{}",
        '{"type": "dance"}',
        '{"type": "start"}',
        '{"type": "start", "format": {"encoding": "pcm_f32le"}, "colour": "red"}',
        '{"type": "flush"}',
        '{"type": "resume"}',
        bytes(8) + ALFA,
        b"",
        b"short",
    ],
    ids=[
        "broken",
        "empty",
        "deep",
        "string",
        "no-type",
        "unknown-type",
        "no-format",
        "unknown-field",
        "flush-first",
        "resume-what",
        "binary-first",
        "no-bytes",
        "no-number",
    ],
)
async def test_a_first_message_that_opens_nothing(
    scripted: ServerProcess, data: str | bytes
) -> None:
    await refused(scripted.url, data, code="bad_message", close=1008)


@pytest.mark.parametrize(
    ("format", "names"),
    [
        ({"rate": 0}, "rate"),
        ({"rate": 10**9}, "rate"),
        ({"rate": "fast"}, "rate"),
        ({"rate": 16000.5}, "rate"),
        ({"channels": 0}, "channels"),
        ({"channels": -1}, "channels"),
        ({"channels": 33}, "channels"),
        ({"encoding": "mp3"}, "encoding"),
        ({"encoding": None}, "encoding"),
    ],
)
async def test_a_format_that_cannot_be(
    scripted: ServerProcess, format: dict[str, Any], names: str
) -> None:
    said = await refused(scripted.url, start(**format), code="bad_message", close=1008)
    assert names in said


async def test_an_engine_that_nobody_has(scripted: ServerProcess) -> None:
    wish = json.dumps({"type": "start", "format": FLOAT, "engine": "../../etc/passwd"})
    said = await refused(scripted.url, wish, code="bad_message", close=1008)
    assert "There is no engine '../../etc/passwd' here" in said


async def test_a_session_that_is_not_there(scripted: ServerProcess) -> None:
    for name in ("0" * 26, "../../../etc", "x"):
        wish = {"type": "resume", "session": name, "token": "t", "epoch": 1, "after": 0}
        await refused(scripted.url, json.dumps(wish), code="gone", close=4410)


@pytest.mark.parametrize(
    ("data", "code", "close"),
    [
        ("{", "bad_message", 1008),
        ('{"type": "dance"}', "bad_message", 1008),
        (start(), "bad_message", 1008),
        ('{"type": "mark", "label": 5}', "bad_message", 1008),
        ('{"type": "configure", "endpoint_ms": 1}', "bad_message", 1008),
        (b"short", "bad_message", 1008),
        (bytes(262_145), "too_large", 1009),
        ("x" * 262_145, "too_large", 1009),
    ],
    ids=[
        "broken",
        "unknown",
        "second-start",
        "label",
        "endpoint",
        "no-number",
        "large-frame",
        "large-text",
    ],
)
async def test_a_fault_in_mid_session_costs_the_line_and_not_the_words(
    scripted: ServerProcess, data: str | bytes, code: str, close: int
) -> None:
    url = scripted.url
    async with bystander(url):
        async with open_wire(url) as wire:
            ready = await wire.start()
            await wire.frame(0, ALFA)
            await wire.send(data)
            assert await wire.closed() == close
            assert error_of(wire)["code"] == code
        async with open_wire(url) as wire:
            assert (await wire.resume(ready))["next_frame"] == 1
            await wire.frame(1, BRAVO)
            await wire.say(type="finish")
            assert await wire.closed() == 1000
    assert wire.finals == ["alfa bravo"]


async def test_a_message_beyond_what_the_socket_takes(scripted: ServerProcess) -> None:
    async with bystander(scripted.url), open_wire(scripted.url) as wire:
        await wire.start()
        with suppress(ConnectionClosed):  # it closes while this is still on its way
            await wire.send(bytes(20 << 20))
        assert await wire.closed() == 1009


async def test_a_frame_again_is_acknowledged_again(scripted: ServerProcess) -> None:
    async with open_wire(scripted.url) as wire:
        await wire.start()
        await wire.frame(0, ALFA)
        await wire.frame(1, BRAVO)
        await wire.until("ack", frame=1)
        await wire.frame(0, ALFA)
        await wire.until("ack", frame=1)
        await wire.say(type="finish")
        assert await wire.closed() == 1000
    assert wire.finals == ["alfa bravo"]


async def test_a_gap_is_told_once_and_then_filled(scripted: ServerProcess) -> None:
    async with open_wire(scripted.url) as wire:
        await wire.start()
        await wire.frame(0, ALFA)
        for late in (2, 3, 2**64 - 1):
            await wire.frame(late, PAUSE)
        await wire.frame(1, BRAVO)
        await wire.frame(2, PAUSE)
        await wire.say(type="finish")
        assert await wire.closed() == 1000
    error = error_of(wire)
    assert (error["code"], error["expected"], error["retryable"]) == ("gap", 1, True)
    assert wire.finals == ["alfa bravo"]


async def test_a_stranger_does_not_get_the_session(scripted: ServerProcess) -> None:
    url = scripted.url
    async with open_wire(url) as owner:
        ready = await owner.start()
        await owner.frame(0, ALFA)
        async with open_wire(url) as stranger:
            await stranger.say(
                type="resume", session=ready["session"], token="guess", epoch=1, after=0
            )
            assert await stranger.closed() == 4401
            assert error_of(stranger)["code"] == "bad_credentials"
        await owner.frame(1, BRAVO)
        await owner.say(type="finish")
        assert await owner.closed() == 1000
    assert owner.finals == ["alfa bravo"]


async def test_the_newer_of_two_clients_has_the_session(scripted: ServerProcess) -> None:
    url = scripted.url
    async with open_wire(url) as old, open_wire(url) as new:
        ready = await old.start()
        await old.frame(0, ALFA)
        await old.until("ack", frame=0)
        assert (await new.resume(ready))["next_frame"] == 1
        assert await old.closed() == 4409
        await new.frame(1, BRAVO)
        await new.say(type="finish")
        assert await new.closed() == 1000
    assert new.finals == ["alfa bravo"]


async def test_what_comes_after_finish_changes_nothing(scripted: ServerProcess) -> None:
    async with open_wire(scripted.url) as wire:
        await wire.start()
        await wire.frame(0, ALFA)
        await wire.say(type="finish")
        await wire.say(type="finish")
        await wire.say(type="flush")
        await wire.frame(1, BRAVO)
        assert await wire.closed() in (1000, 4410)
    assert "bravo" not in " ".join(wire.finals)


async def test_many_connections_that_say_nothing(scripted: ServerProcess) -> None:
    async with bystander(scripted.url), asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(_hang_up(scripted.url))


async def _hang_up(url: str) -> None:
    async with open_wire(url) as wire:
        wire.line.transport.abort()
