"""What it costs to be seen: microseconds of a frame, a message, a word, and of one look.

python -m benchmarks.counting
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Final

from starlette.types import Message

from vivavoce.core.commands import Options
from vivavoce.core.types import AudioFormat
from vivavoce.journal.journal import SessionHeader
from vivavoce.live.tallied import Tallied
from vivavoce.live.tally import Tally
from vivavoce.server.telemetry.access import Exchange
from vivavoce.telemetry import metrics
from vivavoce.telemetry.board import VARIABLE, Board

TIMES: Final = 20_000
FRAME: Final = 3200  # bytes: a tenth of a second


def main() -> None:
    print(f"a frame of audio      {timed(frames()):6.2f} us")
    print(f"a WebSocket's message {asyncio.run(messages()):6.2f} us")
    words("one process")
    with tempfile.TemporaryDirectory() as folder:
        os.environ[VARIABLE] = folder
        import prometheus_client.values as values

        values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
        words("several workers")


def timed(call: Callable[[], object], times: int = TIMES) -> float:
    """Microseconds of one."""
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) / times * 1e6


def frames() -> Callable[[], object]:
    header = SessionHeader(
        session="s",
        owner="local",
        token_sha256="",
        format=AudioFormat(),
        options=Options(),
        created_at=datetime.now(UTC),
    )
    session, size = Tallied(header, 0, Tally()), 0

    def frame() -> None:
        nonlocal size
        size += FRAME
        session.arrived(size)

    return frame


async def messages() -> float:
    """More than without."""
    message: Message = {"type": "websocket.receive", "bytes": bytes(FRAME)}

    async def receive() -> Message:
        return message

    async def send(_: Message) -> None:
        """Nobody is there."""

    app = SimpleNamespace(state=SimpleNamespace())
    seen = Exchange({"type": "websocket", "headers": [], "app": app}, receive, send)
    took = []
    for hear in (receive, seen.receive):
        began = time.perf_counter()
        for _ in range(TIMES):
            await hear()
        took.append((time.perf_counter() - began) / TIMES * 1e6)
    return took[1] - took[0]


def words(where: str) -> None:
    board = Board()
    final = timed(lambda: board.observe(metrics.FINAL_DELAY, 0.4))
    window = timed(lambda: board.observe(metrics.REALTIME_FACTOR, 0.1, engine="moonshine"))
    print(f"{where}: a final {final:.2f} us, a window {window:.2f} us, ", end="")
    print(f"all of it told {timed(board.text, 100) / 1000:.2f} ms")


if __name__ == "__main__":
    main()
