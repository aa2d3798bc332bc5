"""What becomes of the text when something goes wrong."""

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vivavoce.dialects.base import Wire
from vivavoce.engines.fake import say
from vivavoce.library.blobs import BlobError, ObjectBlobs
from vivavoce.server.line import LineLost
from vivavoce.server.protocols.aws_poc import SavingConnection
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio

STOP = '{"type": "control", "action": "stop"}'


class Page:
    """Says a word and stops. `before` is called when the word is final."""

    def __init__(self, before: Callable[[], Any] = lambda: None) -> None:
        samples = (np.concatenate([say("alfa")]) * 32767).astype("<i2").tobytes()
        audio = {"type": "audio", "payload": base64.b64encode(samples).decode()}
        self._says = [json.dumps(audio), STOP]
        self._before = before
        self.heard: list[dict[str, Any]] = []
        self.closed: int | None = None

    async def hear(self) -> Wire:
        if not self._says:
            await asyncio.Event().wait()
        return self._says.pop(0)

    async def say(self, wire: Wire) -> None:
        message = json.loads(wire)
        self.heard.append(message)
        if message.get("is_final"):
            await asyncio.to_thread(self._before)

    async def close(self, code: int, _reason: str) -> None:
        self.closed = code
        raise LineLost


async def test_a_text_that_cannot_be_kept_is_told(
    parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_self: ObjectBlobs, key: str, _data: bytes) -> bool:
        raise BlobError(f"Cannot write {key} in s3://bucket: it is full.")

    monkeypatch.setattr(ObjectBlobs, "create", full)
    page = Page()
    await SavingConnection(page, parts, "local").run()
    assert page.heard[-1]["type"] == "error"
    assert ".txt in s3://bucket" in page.heard[-1]["message"]
    (recording,) = (await parts.repository.page("local")).items
    assert recording.preview == "alfa"


def texts(parts: Services) -> list[Path]:
    return list((parts.settings.data_dir / "blobs").glob("*.txt"))


async def test_of_a_recording_that_is_deleted_meanwhile_nothing_is_kept(parts: Services) -> None:
    loop = asyncio.get_running_loop()

    async def forget() -> None:
        (recording,) = (await parts.repository.page("local")).items
        await parts.forget("local", recording.id)

    page = Page(lambda: asyncio.run_coroutine_threadsafe(forget(), loop).result())
    await SavingConnection(page, parts, "local").run()
    assert page.heard[-1]["type"] == "error"
    assert not await asyncio.to_thread(texts, parts)
