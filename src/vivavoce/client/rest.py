"""A server's recordings over its REST interface."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
import msgspec

from vivavoce.client.address import http_url
from vivavoce.client.errors import Unreachable
from vivavoce.client.keys import headers, own_key
from vivavoce.client.protocol import error_from
from vivavoce.core.errors import OurError, PeerError, Throttled, VivavoceError
from vivavoce.dialects.native_messages import ErrorMessage
from vivavoce.paths import readable

BLOCK = 1 << 20  # bytes of an upload that are in memory


class Recording(msgspec.Struct, frozen=True):
    """What the server says of a recording."""

    id: str
    title: str | None
    created_at: str  # ISO 8601, UTC
    state: str  # live, transcribing, done or failed
    reason: str | None = None
    duration: float = 0.0  # seconds
    language: str | None = None
    engine: str | None = None
    model: str | None = None
    media_type: str | None = None
    bytes: int = 0
    preview: str | None = None


class _Page(msgspec.Struct, frozen=True):
    items: tuple[Recording, ...]
    next: str | None = None


class _Error(msgspec.Struct, frozen=True):
    error: ErrorMessage


class Recordings:
    """The recordings of one server; `async with Recordings(url) as recordings`.

    `key`: one that the server knows, if it asks for one; without it, that in `VIVAVOCE_KEY`.

    Every method raises the `VivavoceError` that the server answered with, or `Unreachable`.
    """

    def __init__(self, url: str, *, key: str | None = None) -> None:
        # Only the server knows how long transcribing takes, so an answer may take any time.
        timeout = httpx2.Timeout(10.0, read=None, write=60.0)
        self._http = httpx2.AsyncClient(
            base_url=http_url(url, "/api/v1"), timeout=timeout, headers=headers(own_key(key))
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def list(self, *, page: int = 50) -> AsyncIterator[Recording]:
        """Every recording, the newest first; asked for `page` at a time."""
        cursor: str | None = None
        while True:
            params = {"limit": str(page)} | ({"cursor": cursor} if cursor else {})
            answer = await self._ask("GET", "/recordings", params=params)
            found = msgspec.json.decode(answer.content, type=_Page)
            for recording in found.items:
                yield recording
            if not (cursor := found.next):
                return

    async def get(self, id: str) -> Recording:
        return _recording(await self._ask("GET", f"/recordings/{id}"))

    async def upload(
        self,
        source: Path | bytes | AsyncIterable[bytes],
        *,
        title: str | None = None,
        language: str | None = None,
        engine: str | None = None,
        diarization: bool = False,
        wait: bool = False,
    ) -> Recording:
        """Give the server a file. It answers once it is safe, or with `wait` transcribed.

        `diarization`: tell who says what; with `wait` that is done, too.

        Raises also `NotFound` and `BadAudio` for a path that cannot be read.
        """
        given = {"title": title, "language": language, "engine": engine}
        params: dict[str, str] = {name: value for name, value in given.items() if value}
        if wait:
            params["wait"] = "true"
        if diarization:
            params["diarization"] = "true"
        if isinstance(source, Path):
            params.setdefault("title", source.name)
        answer = await self._ask(
            "POST",
            "/recordings",
            params=params,
            content=_blocks(readable(source)) if isinstance(source, Path) else source,
            headers={"Content-Type": "application/octet-stream"},
        )
        return _recording(answer)

    async def rename(self, id: str, title: str) -> Recording:
        return _recording(await self._ask("PATCH", f"/recordings/{id}", json={"title": title}))

    async def transcript(self, id: str, format: str = "txt") -> str:
        """The transcript as txt, srt, vtt, json, csv or jsonl."""
        answer = await self._ask("GET", f"/recordings/{id}/transcript", params={"format": format})
        return answer.text

    async def delete(self, id: str) -> None:
        """Delete the audio, the events and the text."""
        await self._ask("DELETE", f"/recordings/{id}")

    async def _ask(self, method: str, path: str, **request: Any) -> httpx2.Response:
        try:
            answer = await self._http.request(method, path, **request)
        except httpx2.TransportError as error:
            raise Unreachable(
                f"No server can be reached at {self._http.base_url}: {error}."
            ) from error
        if answer.is_error:
            raise _refusal(answer)
        return answer


def _recording(answer: httpx2.Response) -> Recording:
    return msgspec.json.decode(answer.content, type=Recording)


def _refusal(answer: httpx2.Response) -> VivavoceError:
    """The server's own error; something between us and it may answer in other words."""
    try:
        error = error_from(msgspec.json.decode(answer.content, type=_Error).error)
    except msgspec.DecodeError:
        sentence = f"{answer.request.url} answered with HTTP status {answer.status_code}."
        return PeerError(sentence) if answer.is_client_error else OurError(sentence)
    after = answer.headers.get("Retry-After", "")
    if isinstance(error, Throttled) and after.isdecimal():
        error.after = float(after)
    return error


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while block := await asyncio.to_thread(file.read, BLOCK):
            yield block
