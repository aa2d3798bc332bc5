"""What a server does again and again, as long as it runs."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from vivavoce.core.errors import VivavoceError

log = structlog.get_logger()


async def regularly(do: Callable[[], Awaitable[None]], every: float, what: str) -> None:
    """Do it now and every so many seconds, until cancelled. What fails is tried again then, and
    the log says that it cannot do `what`."""
    while True:
        try:
            await do()
        except VivavoceError as error:
            log.warning(f"cannot {what}", reason=error.message)
        except Exception:  # not foreseen: nobody starts this task again
            log.exception(f"cannot {what}")
        await asyncio.sleep(every)
