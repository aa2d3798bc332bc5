"""One call of a webhook: signed as Standard Webhooks has it, and judged by its status alone."""

import asyncio
import base64
import hashlib
import hmac
import secrets
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import httpx2
from httpx2 import URL

from vivavoce import __version__
from vivavoce.core.errors import NotFound
from vivavoce.deliver.postman import NotNow, Refused, now
from vivavoce.deliver.targets import Guard
from vivavoce.library.outbox import Parcel
from vivavoce.library.webhooks import Webhooks

PREFIX: Final = "whsec_"
"""What a secret begins with; the rest is base64."""

LIMIT: Final = 15.0
"""Seconds that a webhook has to answer."""

TRIED: Final = 3
"""Addresses of one name that are tried."""

GONE: Final = 410


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed(secret: str, id: str, at: datetime, body: str) -> Mapping[str, str]:
    """The three headers by which a receiver knows that the body is ours, and is new."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    timestamp = str(int(at.timestamp()))
    digest = hmac.new(key, f"{id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


class Caller:
    """The `Carrier` of news."""

    def __init__(
        self,
        webhooks: Webhooks,
        guard: Guard,
        *,
        clock: Callable[[], datetime] = now,
        limit: float = LIMIT,
    ) -> None:
        self._webhooks = webhooks
        self._guard = guard
        self._clock = clock
        self._limit = limit
        self._http: httpx2.AsyncClient | None = None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def send(self, parcel: Parcel) -> None:
        """Raises `Refused`, `NotNow`, `DiskError`."""
        try:
            webhook = await self._webhooks.get(parcel.owner, parcel.webhook or "")
        except NotFound:
            raise Refused("The webhook is deleted.") from None
        url = URL(webhook.url)
        addresses = await self._guard.addresses(url)
        headers = {
            "Host": url.netloc.decode(),
            "Content-Type": "application/json",
            "User-Agent": f"Vivavoce/{__version__}",
            **signed(webhook.secret, parcel.id, self._clock(), parcel.body),
        }
        try:
            async with asyncio.timeout(self._limit):
                status = await self._status(url, addresses[:TRIED], headers, parcel.body)
        except (TimeoutError, httpx2.TimeoutException):
            raise NotNow(f"It did not answer within {self._limit:g} seconds.") from None
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise NotNow(f"It cannot be reached: {type(error).__name__}.") from None
        _judge(status)

    async def _status(
        self, url: URL, addresses: Sequence[str], headers: Mapping[str, str], body: str
    ) -> int:
        """Of the first address that takes the connection; what else it answers is not read."""
        for address in addresses[:-1]:
            try:
                return await self._call(url, address, headers, body)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._call(url, addresses[-1], headers, body)

    async def _call(self, url: URL, address: str, headers: Mapping[str, str], body: str) -> int:
        call = self._client().stream(
            "POST",
            url.copy_with(host=address),
            content=body.encode(),
            headers=headers,
            extensions={"sni_hostname": url.raw_host.decode()},  # whose certificate it must show
        )
        async with call as answer:
            return answer.status_code

    def _client(self) -> httpx2.AsyncClient:
        """Made when it is needed: reading the authorities takes a while."""
        if self._http is None:
            self._http = httpx2.AsyncClient(
                verify=ssl.create_default_context(),
                trust_env=False,  # a proxy would look names up for itself
                follow_redirects=False,
                timeout=self._limit,
                limits=httpx2.Limits(max_keepalive_connections=0),
            )
        return self._http


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if status == GONE:
        raise Refused("It answered 410: nobody listens there any more.")
    if 300 <= status < 400:
        raise NotNow(f"It answered {status}, which leads elsewhere and is not followed.")
    raise NotNow(f"It answered {status}.")
