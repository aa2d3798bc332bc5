"""Server-sent events by the book, for tests of those who send them."""

import json
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

import httpx2


class Message(NamedTuple):
    id: int | None  # None: an interim, which has no place in the log
    type: str
    data: dict[str, Any]


async def messages(
    http: httpx2.AsyncClient, recording: str, after: int = 0
) -> AsyncGenerator[Message, None]:
    """A recording's events above `after`, as they come, until the server ends them."""
    path, headers = f"/api/v1/recordings/{recording}/events", {"Last-Event-ID": str(after)}
    async with http.stream("GET", path, headers=headers) as answer:
        answer.raise_for_status()
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                number = int(fields["id"]) if "id" in fields else None
                yield Message(number, fields["event"], json.loads(fields["data"]))
                fields = {}
