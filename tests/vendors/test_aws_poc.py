"""The AWS sample's page, as it speaks, against a real server."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import soxr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.testing.process import ServerProcess

pytestmark = pytest.mark.anyio

STOP = '{"type": "control", "action": "stop"}'
BLOCK = 4096
"""Samples that the page's ScriptProcessor hands over at a time."""


@asynccontextmanager
async def opened(server: ServerProcess) -> AsyncIterator[ClientConnection]:
    async with connect(f"{server.url.replace('http', 'ws')}ws", proxy=None) as line:
        yield line


async def speak(line: ClientConnection, *parts: Pcm) -> None:
    samples = (np.concatenate(parts) * 32767).astype("<i2")
    for at in range(0, len(samples), BLOCK):
        payload = base64.b64encode(samples[at : at + BLOCK].tobytes()).decode()
        await line.send(json.dumps({"type": "audio", "payload": payload}))


async def all_of(line: ClientConnection) -> list[dict[str, Any]]:
    """Everything up to the close."""
    heard = []
    with suppress(ConnectionClosed):
        while True:
            heard.append(json.loads(await line.recv()))
    return heard


async def recordings(server: ServerProcess) -> list[dict[str, Any]]:
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False) as http:
        items: list[dict[str, Any]] = (await http.get("/api/v1/recordings")).json()["items"]
    return items


def texts(server: ServerProcess) -> dict[str, str]:
    """The stored texts by name."""
    found = sorted((server.data_dir / "blobs").glob("*.txt"))
    return {path.name: path.read_text() for path in found}


async def test_a_recording_is_shown_saved_and_closed(scripted: ServerProcess) -> None:
    async with opened(scripted) as line:
        await speak(line, say("alfa", "bravo", "charlie", "delta", "echo"))
        first = json.loads(await line.recv())  # while it is still being said
        assert (first["type"], first["is_final"]) == ("transcript", False)
        assert first["text"].startswith("alfa")
        await speak(line, silence(1), say("foxtrot"))
        await line.send(STOP)
        heard = await all_of(line)
        assert line.close_code == 1000
    shown = [message for message in heard if message["type"] == "transcript"]
    finals = [message["text"] for message in shown if message["is_final"]]
    assert finals == ["alfa bravo charlie delta echo", "foxtrot"]
    key = heard[-1]["s3_key"]
    assert heard[-1] == {"type": "saved", "s3_key": key}
    assert re.fullmatch(r"\d{8}_\d{6}(_\d+)?\.txt", key)
    assert texts(scripted)[key] == "\n".join(finals)
    await deleted_with_its_recording(scripted, key)


async def deleted_with_its_recording(server: ServerProcess, key: str) -> None:
    (recording, *_) = await recordings(server)
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False) as http:
        answer = await http.delete(f"/api/v1/recordings/{recording['id']}")
    assert answer.status_code == 204
    assert key not in texts(server)


async def test_several_at_once_have_names_of_their_own(scripted: ServerProcess) -> None:
    async def one(word: str) -> tuple[str, str]:
        async with opened(scripted) as line:
            await speak(line, say(word))
            await line.send(STOP)
            return word, (await all_of(line))[-1]["s3_key"]

    words = ("alfa", "bravo", "charlie", "delta")
    saved = dict(await asyncio.gather(*map(one, words)))
    assert len(set(saved.values())) == len(words)
    assert all(texts(scripted)[key] == word for word, key in saved.items())


async def test_who_says_nothing_has_nothing_saved_nor_listed(scripted: ServerProcess) -> None:
    before = await recordings(scripted)
    async with opened(scripted) as line:
        await line.send(STOP)
        assert await all_of(line) == [{"type": "saved", "s3_key": ""}]
        assert line.close_code == 1000
    assert await recordings(scripted) == before


async def test_who_leaves_without_a_word_finds_the_text(scripted: ServerProcess) -> None:
    async with opened(scripted) as line:
        await speak(line, say("yankee", "zulu"))
        line.transport.abort()
    while "yankee zulu" not in texts(scripted).values():  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def test_rubbish_is_passed_over_or_ends_the_line(scripted: ServerProcess) -> None:
    async with opened(scripted) as line:
        for rubbish in ("{", '{"type": "sing"}'):
            await line.send(rubbish)
            assert json.loads(await line.recv())["type"] == "error"
        await speak(line, say("alfa"))
        await line.send(STOP)
        assert (await all_of(line))[-1]["type"] == "saved"
    for message in ('{"type": "audio", "payload": "?"}', b"\0\0", '{"type": "audio"}'):
        async with opened(scripted) as line:
            await line.send(message)
            (error,) = await all_of(line)
            assert (error["type"], line.close_code) == ("error", 1008)
    async with opened(scripted) as line:
        await line.send("x" * 400_000)
        (error,) = await all_of(line)
        assert (error["type"], line.close_code) == ("error", 1009)


async def test_a_voice(embedded: ServerProcess, data: Path) -> None:
    samples = np.frombuffer((data / "ljspeech_short.wav").read_bytes()[44:], "<i2") / 32768
    async with opened(embedded) as line:
        await speak(line, soxr.resample(samples.astype(np.float32), 22_050, 16_000))
        await line.send(STOP)
        heard = await all_of(line)
    assert texts(embedded)[heard[-1]["s3_key"]].startswith("Produced the block books")
