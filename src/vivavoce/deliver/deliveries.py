"""All that sends, as one part of a server."""

import asyncio
from typing import Final

import msgspec

from vivavoce.config import Settings
from vivavoce.core.errors import NotFound
from vivavoce.deliver.letter import Letter
from vivavoce.deliver.mail import Mailer, MailServer, NoMailServer
from vivavoce.deliver.postman import Postman, now
from vivavoce.deliver.publisher import Publisher
from vivavoce.deliver.targets import Guard
from vivavoce.deliver.webhook import Caller
from vivavoce.library.database import Tables
from vivavoce.library.outbox import Outbox, Parcel, TooOften
from vivavoce.library.recording import new_id
from vivavoce.library.repository import Repository
from vivavoce.library.webhooks import Webhooks

HOURLY: Final = 60
"""E-mails of one owner in an hour."""


class Deliveries:
    """`start` once, `stop` at the end. What waits in the library is sent by whoever runs."""

    def __init__(self, settings: Settings, repository: Repository, tables: Tables) -> None:
        self.outbox = Outbox(tables)
        self.webhooks = Webhooks(tables)
        self.server = MailServer.of(settings)
        self.guard = Guard(settings.webhook_networks or ())
        self._caller = Caller(self.webhooks, self.guard)
        self.letters = Postman(self.outbox, "email", Mailer(self.server))
        self._calls = Postman(self.outbox, "webhook", self._caller)
        self.news = Publisher(repository, self.webhooks, self.outbox, self._calls.wake)

    def start(self) -> None:
        self.letters.start()
        self._calls.start()

    async def stop(self) -> None:
        await self.news.stop()
        await asyncio.gather(self.letters.stop(), self._calls.stop())
        await self._caller.close()

    @property
    def mail_server(self) -> MailServer:
        """Raises `NoMailServer`."""
        if self.server is None:
            raise NoMailServer(
                "This server sends no e-mail: its settings smtp_host and smtp_from are to name "
                "a mail server and whom its e-mail is from."
            )
        return self.server

    async def post(
        self, owner: str, to: str, letter: Letter, recording: str | None = None
    ) -> Parcel:
        """A letter on its way; it is kept, and sent as soon as the mail server takes it.

        Raises `NoMailServer`, `BadAddress`, `TooOften`, `DiskError`, and `NotFound` when the
        recording was deleted meanwhile.
        """
        reader, at = self.mail_server.reader(to), now()
        await self.outbox.limit(owner, "email", HOURLY, at)
        parcel = Parcel(
            id=new_id(),
            owner=owner,
            channel="email",
            address=reader,
            kind="",
            body=msgspec.json.encode(letter).decode(),
            created_at=at,
            due_at=at,
            recording=recording,
        )
        if not await self.outbox.add([parcel]):
            if recording is None or await self.outbox.full("email", reader):
                raise TooOften(f"As many e-mails wait for {reader} as may; try again later.")
            raise NotFound(f"There is no recording {recording}.")
        self.letters.wake()
        return parcel
