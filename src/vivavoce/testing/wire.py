"""A client of `vivavoce.v1` that says exactly what a test tells it to, also what is wrong."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Data, Subprotocol

from vivavoce.client.address import live_url
from vivavoce.core.commands import Audio
from vivavoce.dialects.native_messages import SUBPROTOCOL, pack_frame

Message = dict[str, Any]

FLOAT = {"encoding": "pcm_f32le", "rate": 16_000, "channels": 1}
"""The samples of `vivavoce.engines.fake.say`, as they are."""


def encoded(**message: Any) -> str:
    """A control message."""
    return json.dumps(message)


class Wire:
    """One connection. What came is in `heard`, the newest last."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.heard: list[Message] = []

    async def say(self, **message: Any) -> None:
        await self.line.send(encoded(**message))

    async def send(self, data: Data) -> None:
        """Put this on the line as it is."""
        await self.line.send(data)

    async def frame(self, number: int, payload: bytes) -> None:
        await self.line.send(pack_frame(Audio(number, payload)))

    async def start(self, **fields: Any) -> Message:
        """Open a session; returns `ready`."""
        await self.say(type="start", **{"format": FLOAT, **fields})
        return await self.until("ready")

    async def resume(self, ready: Message, after: int = 0) -> Message:
        """Take up the session of an earlier `ready`; returns the new one."""
        await self.say(
            type="resume",
            session=ready["session"],
            token=ready["token"],
            epoch=ready["epoch"],
            after=after,
        )
        return await self.until("ready")

    async def hear(self) -> Message:
        """The next message. Raises `ConnectionClosed`."""
        message: Message = json.loads(await self.line.recv())
        self.heard.append(message)
        return message

    async def until(self, type: str, **fields: Any) -> Message:
        """The next message of this type with these fields; those before it are passed over."""
        while True:
            message = await self.hear()
            if message["type"] == type and fields.items() <= message.items():
                return message

    async def event(self, type: str) -> Message:
        """The next event of this type."""
        while (event := (await self.until("event"))["event"])["type"] != type:
            pass
        found: Message = event
        return found

    async def closed(self) -> int:
        """The close code, once everything before it is heard."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed:
            code = self.line.close_code
            assert code is not None
            return code

    @property
    def finals(self) -> list[str]:
        """The texts that became final, in order; a later reading replaces the one before it."""
        events = [message["event"] for message in self.heard if message["type"] == "event"]
        found = {event["id"]: event["text"] for event in events if event["type"] == "final"}
        return [text for text in found.values() if text]


@asynccontextmanager
async def open_wire(url: str, key: str | None = None) -> AsyncIterator[Wire]:
    """A connection to the server at `url`, with this key."""
    protocols = [Subprotocol(SUBPROTOCOL)]
    async with connect(
        live_url(url),
        subprotocols=protocols,
        additional_headers={"Authorization": f"Bearer {key}"} if key else None,
        compression=None,
        max_size=None,
        open_timeout=120,
    ) as line:
        yield Wire(line)
