"""`/ws`: the AWS transcription sample's address, with what its server did when all is said:
the text becomes an object of its own, also for a client that left without a word."""

from datetime import UTC, datetime

import structlog
from starlette.websockets import WebSocket

from vivavoce.core.errors import NotFound, VivavoceError
from vivavoce.dialects.aws_poc import AwsPocDialect
from vivavoce.dialects.base import Answer, Bye, Failed, Ready
from vivavoce.library.texts import save_text
from vivavoce.server.connection import Connection
from vivavoce.server.line import Line, WebSocketLine
from vivavoce.server.services import Services, owner, services

log = structlog.get_logger()


async def aws_poc(ws: WebSocket) -> None:
    """One connection, one recording, one text."""
    await ws.accept()
    await SavingConnection(WebSocketLine(ws), services(ws), owner(ws)).run()


class SavingConnection(Connection):
    """One that keeps the text before it says where it lies."""

    def __init__(self, line: Line, parts: Services, owner: str) -> None:
        self._aws_poc = AwsPocDialect()
        super().__init__(line, self._aws_poc, parts.hub, owner)
        self._parts = parts
        self._unsaved: str | None = None  # the recording whose text is still to be kept

    async def run(self) -> None:
        await super().run()
        if self._unsaved is not None:  # the line was lost before it was over
            await self._parts.hub.sealed(self._unsaved)
            try:
                await self._save(self._unsaved)
            except VivavoceError as error:
                log.warning("cannot keep a text", recording=self._unsaved, reason=error.message)

    async def _send(self, answer: Answer) -> None:
        match answer:
            case Ready():
                self._unsaved = answer.session
            case Bye(close=1000) if self._unsaved is not None:
                try:
                    self._aws_poc.key = await self._save(self._unsaved)
                except VivavoceError as error:
                    answer = Failed(error)
                self._unsaved = None
        await super()._send(answer)

    async def _save(self, recording: str) -> str:
        """The name of the text; empty if nothing was said. Of a recording without one sample
        nothing is kept. Raises `NotFound` if it is deleted, `DiskError`."""
        said = await self._parts.repository.transcript(self._owner, recording)
        if said.duration == 0:
            await self._parts.forget(self._owner, recording)
        if not said.text:
            return ""
        name = await save_text(self._parts.blobs, recording, said.text, datetime.now(UTC))
        try:
            await self._parts.repository.get(self._owner, recording)
        except NotFound:  # deleted while it was kept
            await self._parts.blobs.remove(name)
            raise
        return name
