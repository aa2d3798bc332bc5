"""Says what happens to the webhooks that want to hear it: the `News` of a server."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import structlog

from vivavoce.core.errors import NotFound, VivavoceError
from vivavoce.deliver.postman import now
from vivavoce.library.outbox import Outbox, Parcel
from vivavoce.library.recording import Recording, new_id
from vivavoce.library.repository import Repository
from vivavoce.library.webhooks import Webhook, Webhooks
from vivavoce.live.news import Kind

GATHERED: Final[dict[str, timedelta]] = {"recording.edited": timedelta(seconds=5)}
"""What comes in bursts, and how long more of it is waited for before it is told, once."""

ONCE: Final = ("recording.finished",)
"""What happens to a recording once, though it may be said twice: a server that was killed at
that moment says it again."""

PENDING: Final = 1000
"""Mentions that may wait to be kept."""

PARTING: Final = 5.0
"""Seconds that they get when the server stops."""

TEST: Final = "test"

log = structlog.get_logger()

_Mention = tuple[str, Kind, str, Mapping[str, Any]]


class Publisher:
    """Implements `News`. `wake` is called when something is to be sent."""

    def __init__(
        self,
        repository: Repository,
        webhooks: Webhooks,
        outbox: Outbox,
        wake: Callable[[], None],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._repository = repository
        self._webhooks = webhooks
        self._outbox = outbox
        self._wake = wake
        self._clock = clock
        self._pending: deque[_Mention] = deque()
        self._keeping: asyncio.Task[None] | None = None

    async def tell(self, owner: str, kind: Kind, recording: str, **data: Any) -> None:
        """Raises `DiskError`."""
        wanted = [w for w in await self._webhooks.of(owner) if kind in w.events]
        if not wanted:
            return
        try:
            row = await self._repository.get(owner, recording)
        except NotFound:  # deleted meanwhile
            return
        at = self._clock()
        body = _body(kind, at, {"recording": _plain(row), **data})
        wait = GATHERED.get(kind, timedelta())
        parcels = [_parcel(webhook, kind, body, at, wait, recording) for webhook in wanted]
        added = await self._outbox.add(parcels, gather=kind in GATHERED)
        if added:
            self._wake()

    def mention(self, owner: str, kind: Kind, recording: str, **data: Any) -> None:
        if len(self._pending) >= PENDING:
            log.warning("not told", kind=kind, recording=recording, reason="too much is to be told")
            return
        self._pending.append((owner, kind, recording, data))
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep(), name="publisher")

    async def test(self, webhook: Webhook) -> Parcel:
        """Tell one webhook something that means nothing. Raises `DiskError`."""
        at = self._clock()
        parcel = _parcel(webhook, TEST, _body(TEST, at, {}), at, timedelta(), None)
        await self._outbox.add([parcel])
        self._wake()
        return parcel

    async def stop(self) -> None:
        """Keep what was mentioned."""
        if self._keeping is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._keeping, PARTING)

    async def _keep(self) -> None:
        while self._pending:
            owner, kind, recording, data = self._pending.popleft()
            try:
                await self.tell(owner, kind, recording, **data)
            except VivavoceError as error:
                log.warning("not told", kind=kind, recording=recording, reason=error.message)
            except Exception:  # not foreseen: the others are to be told all the same
                log.exception("not told", kind=kind, recording=recording)


def _parcel(
    webhook: Webhook, kind: str, body: str, at: datetime, wait: timedelta, recording: str | None
) -> Parcel:
    return Parcel(
        id=_id(webhook.id, kind, recording) if kind in ONCE else new_id(),
        owner=webhook.owner,
        channel="webhook",
        address=webhook.url,
        kind=kind,
        body=body,
        created_at=at,
        due_at=at + wait,
        recording=recording,
        webhook=webhook.id,
    )


def _id(*parts: str | None) -> str:
    return hashlib.blake2s(repr(parts).encode(), digest_size=13).hexdigest()


def _body(kind: str, at: datetime, data: Mapping[str, Any]) -> str:
    return msgspec.json.encode({"type": kind, "timestamp": at, "data": data}).decode()


def _plain(row: Recording) -> dict[str, Any]:
    """What may be known elsewhere: about the recording, and not what was said in it."""
    names = ("id", "title", "created_at", "state", "reason", "duration", "language", "engine")
    return {name: getattr(row, name) for name in names}
