"""`POST /webrtc/offer`: for whom sound comes over WebRTC. Needs the extra `webrtc`."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from msgspec import Meta

from vivavoce.core.errors import BadMessage, Full, NotInstalled, TooLarge, VivavoceError
from vivavoce.dialects.native_messages import Name, StartOptions
from vivavoce.dialects.webrtc import WebRtcDialect
from vivavoce.server.auth.principal import Principal
from vivavoce.server.connection import Connection
from vivavoce.server.errors import OBJECT, BadParameter
from vivavoce.server.services import Parts, Services, Who

if TYPE_CHECKING:
    from vivavoce.server.protocols.webrtc_peer import Peer

PATH: Final = "/webrtc/offer"
PEERS: Final = 64
"""At once, in each server process, those included that have said nothing yet."""

MAX_OFFER: Final = 64 * 1024
"""Bytes of a request."""

log = structlog.get_logger()


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A peer's description of itself; the rest is as in the native protocol's `start`."""

    sdp: Annotated[str, Meta(min_length=1)]
    type: Literal["offer"] = "offer"
    language: Name | None = None
    engine: Name | None = None
    options: StartOptions = StartOptions()


class Peers:
    """Those of one application: `mount` it, and enter it while it serves."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._meeting = 0

    def mount(self, app: FastAPI) -> None:
        app.add_api_route(PATH, self._offer, methods=["POST"], include_in_schema=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _offer(self, request: Request, parts: Parts, who: Who) -> JSONResponse:
        """The answer; the peer's session begins with its first sound."""
        new_peer = _peer()
        offer = await _read(request)
        options = offer.options.chosen(offer.language, offer.engine)
        asked, _ = parts.engines.shared_out(options)  # these raise for what cannot be
        parts.engines.chain(asked.engine, asked.language, asked.brief.translate_to)
        if len(self._running) + self._meeting >= PEERS:
            raise Full(f"This server has as many WebRTC peers as it takes ({PEERS}); try later.")
        self._meeting += 1
        try:
            sdp = await self._meet(new_peer(), offer, WebRtcDialect(options), parts, who)
        finally:
            self._meeting -= 1
        return JSONResponse({"sdp": sdp, "type": "answer"})

    async def _meet(
        self, peer: "Peer", offer: Offer, dialect: WebRtcDialect, parts: Services, who: Principal
    ) -> str:
        try:
            sdp = await peer.answer(offer.sdp)
        except BaseException:
            await peer.end()
            raise
        connection = Connection(peer, dialect, parts.hub, who.id)
        task = asyncio.create_task(_serve(peer, connection, parts, who))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return sdp


async def _serve(peer: "Peer", connection: Connection, parts: Services, who: Principal) -> None:
    running = asyncio.current_task()
    assert running is not None

    def end(_why: VivavoceError) -> None:
        running.cancel()

    try:
        # It outlives the request that it came by, so it is looked after by itself.
        with parts.auth.watch.over(who, end):
            await connection.run()
    except Exception:
        log.exception("WebRTC peer failed")
    finally:
        await peer.end()


def _peer() -> "type[Peer]":
    try:
        from vivavoce.server.protocols.webrtc_peer import Peer
    except ImportError:
        raise NotInstalled("WebRTC is not installed: pip install 'vivavoce[webrtc]'.") from None
    return Peer


async def _read(request: Request) -> Offer:
    """Only what is said to be JSON: another site's page cannot send that unasked."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise BadParameter(OBJECT)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_OFFER:
            raise TooLarge(f"An offer may have {MAX_OFFER} bytes at most.")
    try:
        return msgspec.json.decode(body, type=Offer)
    except RecursionError:
        raise BadMessage("The offer is nested too deep.") from None
    except (msgspec.DecodeError, ValueError) as error:
        said = str(error).rstrip(".")
        raise BadMessage(f"The offer cannot be read: {said}.") from None
