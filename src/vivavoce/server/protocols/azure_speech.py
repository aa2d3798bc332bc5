"""Azure Speech's addresses: where the Speech SDKs look for their service on a host."""

import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Match, WebSocketRoute
from starlette.types import Scope
from starlette.websockets import WebSocket

from vivavoce.core.commands import Options
from vivavoce.core.errors import NotFound, OurError, PeerError, VivavoceError
from vivavoce.core.events import Ended, Numbered, Warning
from vivavoce.dialects.azure_speech import SUBPROTOCOL, AzureSpeechDialect
from vivavoce.dialects.azure_speech_turn import Promises
from vivavoce.dialects.base import Answer
from vivavoce.live.engines import Engines
from vivavoce.live.hub import Hub
from vivavoce.server.bodies.one_off import FAULTS
from vivavoce.server.connection import Connection
from vivavoce.server.line import Line, WebSocketLine
from vivavoce.server.services import owner, services

MODES: Final = ("interactive", "conversation", "dictation")

PATHS: Final = (
    *(f"/speech/recognition/{mode}/cognitiveservices/v1" for mode in MODES),
    "/speech/universal/v2",
    "/stt/speech/universal/v2",
    "/speech/translation/cognitiveservices/v1",
)

INVALID: Final = 1007
"""The close code after which the SDKs do not try again, four more times."""

REASON: Final = 123
"""Bytes of the longest reason of a close."""

ENDS: Final = ("finished", "cancelled", "abandoned")
"""Of a session that did not fail."""


def routes() -> list[BaseRoute]:
    """The service's own, and what an SDK asks for at any other address."""
    return [
        *(WebSocketRoute(path, azure_speech) for path in PATHS),
        _SdkRoute("/", azure_speech),
        _SdkRoute("/{path:path}", _elsewhere),
    ]


async def azure_speech(ws: WebSocket) -> None:
    """One connection: a turn or several."""
    await _serve(ws, partial(promises, services(ws).engines))


async def _elsewhere(ws: WebSocket) -> None:
    """A handshake that fails would be tried again, and its sentence shown to nobody."""

    def refuse(_options: Options) -> Promises:
        raise NotFound(f"Azure Speech is not served at {ws.url.path[:64]} here.")

    await _serve(ws, refuse)


async def _serve(ws: WebSocket, ask: Callable[[Options], Promises]) -> None:
    mode = next((mode for mode in MODES if f"/{mode}/" in ws.url.path), "")
    query = ws.query_params.multi_items()
    dialect = AzureSpeechDialect(uuid.uuid4().hex[:24], time.monotonic, mode, query, ask)
    await ws.accept(SUBPROTOCOL if SUBPROTOCOL in ws.scope.get("subprotocols", ()) else None)
    await AzureConnection(WebSocketLine(ws), dialect, services(ws).hub, owner(ws)).run()


class _SdkRoute(WebSocketRoute):
    """For Speech SDKs alone: the address belongs to others too."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "websocket" and is_sdk(HTTPConnection(scope)):
            return super().matches(scope)
        return Match.NONE, {}


def is_sdk(connection: HTTPConnection) -> bool:
    """Whether a Speech SDK asks, by what each of them brings to every address."""
    return (
        SUBPROTOCOL in connection.scope.get("subprotocols", ())
        or "x-connectionid" in connection.headers
        or is_javascript(connection)
    )


def is_javascript(connection: HTTPConnection) -> bool:
    """Whether it is the one for JavaScript, which is told nothing of a handshake but that it
    failed."""
    return "X-ConnectionId" in connection.query_params


class AzureConnection(Connection):
    """One that says in its close what is wrong: there is no message for it, and the SDKs show
    a close's reason."""

    def __init__(self, line: Line, dialect: AzureSpeechDialect, hub: Hub, owner: str) -> None:
        super().__init__(line, dialect, hub, owner)
        self._warning = ""

    async def _send(self, answer: Answer) -> None:
        await super()._send(answer)  # at the end too: what was held back for its times is told
        match answer:
            case Numbered(event=Warning() as event):
                self._warning = event.message
            case Numbered(event=Ended() as event) if event.reason not in ENDS:
                fault = FAULTS.get(event.reason, OurError)
                raise fault(self._warning or f"The session ended early: {event.reason}.")

    def _farewell(self, error: VivavoceError) -> tuple[int, str]:
        code = INVALID if isinstance(error, PeerError) else error.close
        return code, reason(error)


def reason(error: VivavoceError) -> str:
    """As much of an error's sentence as a close can have."""
    return error.message.encode()[:REASON].decode(errors="ignore")


def promises(engines: Engines, options: Options) -> Promises:
    """What the engines say beside the words. Raises `VivavoceError` for what none of them can."""
    brief = options.brief
    chain = engines.chain(options.engine, options.language, brief.translate_to)
    known = [tag for tag in brief.languages if any(chain.knows(n, tag) for n in chain.names)]
    if brief.languages and not known:
        chain.check_language(brief.languages[0])
    language = options.language or next(iter(known), None)
    name = next((name for name in chain.names if chain.knows(name, language)), chain.names[0])
    able = engines.capabilities(name)
    only = able.languages[0] if len(able.languages) == 1 and "*" not in able.languages else None
    alignable = () if engines.aligner is None else engines.aligner.languages
    spoken = (options.language or only or "").lower().partition("-")[0]
    return Promises(
        words=not able.word_times and spoken in (tag.partition("-")[0] for tag in alignable),
        speakers=able.diarization,
        language=only,
    )
