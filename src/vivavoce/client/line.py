"""One WebSocket to a server, or in our words why there is none."""

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from vivavoce.client.errors import Unreachable
from vivavoce.core.errors import PeerError, VivavoceError
from vivavoce.dialects.native_messages import SUBPROTOCOL

ALIVE = 10.0
"""Seconds between pings, and for the answer to one: a dead line is noticed in twice that."""

TRY_AGAIN = (408, 429)
"""HTTP refusals that another attempt may mend, besides all of 5xx."""


async def open_line(url: str) -> ClientConnection:
    """Raises `Unreachable`, or the `PeerError` that another attempt cannot mend."""
    try:
        return await connect(
            url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=None,
            ping_interval=ALIVE,
            ping_timeout=ALIVE,
        )
    except InvalidStatus as error:
        raise _refused(url, error.response.status_code) from error
    except (OSError, InvalidHandshake, TimeoutError) as error:
        reason = str(error).rstrip(".") or "no answer came"
        raise Unreachable(f"No server can be reached at {url}: {reason}.") from error


def _refused(url: str, status: int) -> VivavoceError:
    sentence = f"{url} answered with HTTP status {status} instead of a WebSocket."
    final = status < 500 and status not in TRY_AGAIN
    return PeerError(sentence) if final else Unreachable(sentence)
