"""The WebSocket routes: one line each, in the dialect of its address."""

from starlette.websockets import WebSocket

from vivavoce.dialects.base import Dialect
from vivavoce.dialects.native import NativeDialect
from vivavoce.server.connection import Connection
from vivavoce.server.line import WebSocketLine
from vivavoce.server.services import owner, services


async def live(ws: WebSocket) -> None:
    """`/api/v1/live`: the native protocol."""
    await serve(ws, NativeDialect())


async def serve(ws: WebSocket, dialect: Dialect) -> None:
    """One WebSocket, from its acceptance to its end."""
    name = dialect.manners.subprotocol
    await ws.accept(subprotocol=name if name in ws.scope.get("subprotocols", ()) else None)
    await Connection(WebSocketLine(ws), dialect, services(ws).hub, owner(ws)).run()
