"""Requests and WebSockets of a client that says nothing after its headers, as ASGI has them."""

from typing import Any

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send


class Reached:
    """In the place of the routes: notes what came as far, and answers that it is there."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            await send({"type": "websocket.close", "code": 1000, "reason": "reached"})
            return
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Asked:
    """What was answered to one request or WebSocket, as ASGI has it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    @property
    def status(self) -> int:
        """Of HTTP, also of a handshake that was refused; 101: it was not."""
        first = self.messages[0]
        return 101 if first["type"] == "websocket.accept" else int(first["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {k.decode().lower(): v.decode() for k, v in self.messages[0].get("headers", ())}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def said(self) -> list[str | bytes]:
        """In a WebSocket."""
        sent = [m for m in self.messages if m["type"] == "websocket.send"]
        return [m["text"] if m.get("text") is not None else m["bytes"] for m in sent]

    @property
    def close(self) -> tuple[int, str]:
        last = self.messages[-1]
        assert last["type"] == "websocket.close"
        return last["code"], last["reason"]


async def ask(
    app: FastAPI,
    method: str,
    path: str,
    *headers: tuple[str, str],
    query: str = "",
    subprotocols: tuple[str, ...] = (),
) -> Asked:
    """Ask an application from this machine, without a body; the method `WS` is a WebSocket."""
    scope: dict[str, Any] = {
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), *((k.encode(), v.encode()) for k, v in headers)],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    if method == "WS":
        scope |= {
            "type": "websocket",
            "scheme": "ws",
            "subprotocols": [*subprotocols],
            "extensions": {"websocket.http.response": {}},
        }
        coming: list[Message] = [{"type": "websocket.connect"}]
        after: Message = {"type": "websocket.disconnect", "code": 1005}
    else:
        scope |= {"type": "http", "scheme": "http", "method": method, "extensions": {}}
        coming = [{"type": "http.request", "body": b"", "more_body": False}]
        after = {"type": "http.disconnect"}
    asked = Asked()

    async def receive() -> Message:
        return coming.pop(0) if coming else after

    async def send(message: Message) -> None:
        asked.messages.append(message)

    await app(scope, receive, send)
    return asked
