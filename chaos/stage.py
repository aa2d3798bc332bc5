"""The server processes that are broken, and their files."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2

from chaos.record import Audit, Tape
from chaos.sound import FRAME
from vivavoce.client.address import live_url
from vivavoce.journal.appendfile import AppendFile
from vivavoce.journal.disk import Disk
from vivavoce.journal.frames import recover
from vivavoce.library.recording import UNFINISHED
from vivavoce.testing.process import ServerProcess

GRACE = 30
"""Seconds in which a client has to come back: longer than any restart takes."""

PATIENCE = 2 * GRACE
"""Seconds after which a session that nobody speaks in should long have ended."""

RECORDINGS = "/api/v1/recordings"

DEFAULTS: dict[str, Any] = {
    "grace_s": GRACE,
    "max_sessions": 64,
    "finals": "tiny",
    "drain_s": 10,
}
"""Settings of every server."""

FRAIL = ("-m", "uvicorn", "vivavoce.testing.frail:app", "--port", "{port}")


class Stage:
    """One data directory, and a server on it that is started as often as it is ended."""

    asks_again = False
    """Whether it may ask for audio that was acknowledged, because another server has it."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.live = server.data_dir / "live"
        self.shadow = server.data_dir / "shadow"  # of a disk that forgets

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def socket(self) -> str:
        return live_url(self.url)

    async def start(self) -> None:
        await asyncio.to_thread(self.server.start)

    async def kill(self) -> None:
        await asyncio.to_thread(self.server.kill)

    async def stop(self) -> int:
        return await asyncio.to_thread(self.server.stop)

    async def audit(self, tape: Tape) -> Audit | None:
        """What a dead server left of a session; None when it had ended already, or not begun."""
        folder = self.live / tape.session
        if not tape.session or not (folder / "session.json").exists():
            return None
        return Audit(tape.acknowledged * FRAME, whole(folder))

    async def kept(self, session: str) -> tuple[str, str, bytes]:
        """A recording's state, how it ended, and its samples as they are in the library."""
        found = await self.found(session)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while found.get("state") in UNFINISHED:
                    await asyncio.sleep(0.1)
                    found = await self.found(session)
        async with self._http() as http:
            audio = await http.get(f"{RECORDINGS}/{session}/audio")
        wav = audio.content if audio.status_code == 200 else b""
        return str(found.get("state")), str(found.get("reason")), wav.partition(b"data")[2][4:]

    async def found(self, session: str) -> dict[str, Any]:
        """What the library says of a recording."""
        async with self._http() as http:
            return dict((await http.get(f"{RECORDINGS}/{session}")).json())

    async def left_open(self) -> int:
        """How many sessions are open, after a while in which all should have ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self.journalled():  # noqa: ASYNC110 (of another process)
                    await asyncio.sleep(0.1)
        async with self._http() as http:
            items = (await http.get(f"{RECORDINGS}?limit=200")).json()["items"]
        listed = {item["id"] for item in items if item["state"] in UNFINISHED}
        return len(listed | self.journalled())

    def journalled(self) -> set[str]:
        """Sessions that have a journal."""
        return {path.parent.name for path in self.live.glob("*/session.json")}

    def _http(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.url, timeout=60, trust_env=False)


@asynccontextmanager
async def stage(
    folder: Path, *, forgets: bool = False, **settings: str | int | float
) -> AsyncIterator[Stage]:
    """A server that runs while the `with` lasts. `forgets`: on a disk that does."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    command = {"command": FRAIL} if forgets else {}
    found = Stage(ServerProcess(folder, **command, **{**DEFAULTS, **settings}))  # type: ignore[arg-type]
    await found.start()
    try:
        yield found
    except BaseException:
        await found.kill()
        raise
    await found.stop()


def whole(folder: Path) -> bytes:
    """The frames of a journal that recovery would keep. Changes nothing."""
    disk = Disk()
    frames, audio = (AppendFile.open(disk, folder / name) for name in ("frames", "audio"))
    try:
        return audio.read(0, recover(frames, audio)[1].end)
    finally:
        frames.close()
        audio.close()
