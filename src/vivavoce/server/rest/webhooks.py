"""Webhooks: who is told what happens, `GET` and `POST /webhooks` and what belongs to one."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from vivavoce.core.errors import PeerError
from vivavoce.deliver.postman import NotNow, Refused, now
from vivavoce.deliver.targets import BadTarget, parsed
from vivavoce.deliver.webhook import new_secret
from vivavoce.library.outbox import Parcel
from vivavoce.library.recording import new_id
from vivavoce.library.webhooks import MOST
from vivavoce.library.webhooks import Webhook as Row
from vivavoce.live.news import KINDS, Kind
from vivavoce.server.rest.dispatch import Dispatch
from vivavoce.server.rest.models import Error
from vivavoce.server.services import Owner, Parts


class TooManyWebhooks(PeerError):
    """As many as one owner may have."""

    code, status = "too_many", 409


class NewWebhook(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=4000, description="http or https")
    events: list[Kind] = Field(
        list(KINDS),
        min_length=1,
        max_length=100,
        description="what it is told of; without it: of all",
    )


class Webhook(BaseModel):
    """An address that is told what happens."""

    id: str
    url: str
    events: list[str]
    created_at: datetime = Field(description="UTC")

    @classmethod
    def of(cls, row: Row, **more: Any) -> Self:
        return cls(id=row.id, url=row.url, events=[*row.events], created_at=row.created_at, **more)


class MadeWebhook(Webhook):
    secret: str = Field(description="that its calls are signed with; it is told this once")


class Webhooks(BaseModel):
    items: list[Webhook]


class Delivery(Dispatch):
    """One thing that a webhook was to be told, and what became of it."""

    id: str = Field(description="the `webhook-id` of its calls")
    event: str
    recording: str | None

    @classmethod
    def of(cls, parcel: Parcel) -> Self:
        more = {"event": parcel.kind, "recording": parcel.recording}
        return cls._of(parcel, id=parcel.id, **more)


class Deliveries(BaseModel):
    """The newest first, a hundred at most."""

    items: list[Delivery]


router = APIRouter(
    tags=["webhooks"],
    responses={404: {"model": Error, "description": "There is no such webhook."}},
)

Id = Annotated[str, Path(max_length=40, description="The webhook.")]


@router.get("/webhooks")
async def webhooks(parts: Parts, owner: Owner) -> Webhooks:
    """Who is told, the oldest first."""
    return Webhooks(items=[Webhook.of(row) for row in await parts.deliveries.webhooks.of(owner)])


@router.post(
    "/webhooks",
    status_code=201,
    responses={
        409: {"model": Error, "description": "There are as many as may be."},
        422: {"model": Error, "description": "An address that cannot be, or may not be told."},
    },
)
async def make(new: NewWebhook, parts: Parts, owner: Owner) -> MadeWebhook:
    """Tell an address what happens. Its secret is in this answer and in no other."""
    url = parsed(new.url)
    try:
        with suppress(NotNow):  # a name that cannot be looked up now may be there later
            await parts.deliveries.guard.addresses(url)
    except Refused as error:
        raise BadTarget(str(error)) from None
    row = Row(
        id=new_id(),
        owner=owner,
        url=str(url),
        events=tuple(dict.fromkeys(new.events)),
        secret=new_secret(),
        created_at=now(),
    )
    if not await parts.deliveries.webhooks.add(row):
        raise TooManyWebhooks(f"There are {MOST} webhooks at most; delete one first.")
    return MadeWebhook.of(row, secret=row.secret)


@router.delete("/webhooks/{id}", status_code=204)
async def delete(id: Id, parts: Parts, owner: Owner) -> None:
    """Tell it nothing more."""
    await parts.deliveries.webhooks.delete(owner, id)


@router.post("/webhooks/{id}/test", status_code=202)
async def test(id: Id, parts: Parts, owner: Owner) -> Delivery:
    """Tell it something that means nothing: an event `test`, with empty `data`."""
    webhook = await parts.deliveries.webhooks.get(owner, id)
    return Delivery.of(await parts.deliveries.news.test(webhook))


@router.get("/webhooks/{id}/deliveries")
async def deliveries(id: Id, parts: Parts, owner: Owner) -> Deliveries:
    """What it was told in the last 30 days, or is still to be told."""
    await parts.deliveries.webhooks.get(owner, id)
    found = await parts.deliveries.outbox.of_webhook(owner, id)
    return Deliveries(items=[Delivery.of(parcel) for parcel in found])
