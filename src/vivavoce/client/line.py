"""One WebSocket to a server, or in our words why there is none."""

import ssl

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, InvalidURI
from websockets.http11 import Response
from websockets.typing import Subprotocol

from vivavoce.client.errors import Unreachable
from vivavoce.client.keys import headers
from vivavoce.core.errors import BadCredentials, BadMessage, PeerError, VivavoceError
from vivavoce.dialects.native_messages import SUBPROTOCOL

ALIVE = 10.0
"""Seconds between pings, and for the answer to one: a dead line is noticed in twice that."""

LARGEST = 16 * 1024 * 1024
"""Bytes of one message of a server's."""

TRY_AGAIN = (408, 429)
"""HTTP refusals that another attempt may mend, besides all of 5xx."""

NO_KEY = (401, 403)


class Wrong(msgspec.Struct, frozen=True):
    message: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """The body of an HTTP refusal, ours or OpenAI's, as far as it says why."""

    error: Wrong = Wrong()


async def open_line(
    url: str, subprotocol: str | None = SUBPROTOCOL, *, key: str | None = None
) -> ClientConnection:
    """`key`: what the server asks for as a bearer's.

    Raises `Unreachable`, or the `PeerError` that another attempt cannot mend.
    """
    try:
        return await connect(
            url,
            subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
            additional_headers=headers(key),
            compression=None,
            max_size=LARGEST,
            ping_interval=ALIVE,
            ping_timeout=ALIVE,
        )
    except InvalidURI as error:
        raise BadMessage(f"{url!r} is not a server's address: {error.msg}.") from error
    except InvalidStatus as error:
        raise _refused(url, error.response) from error
    except (OSError, InvalidHandshake, TimeoutError) as error:
        raise Unreachable(f"No server can be reached at {url}: {_reason(error)}.") from error


def _refused(url: str, response: Response) -> VivavoceError:
    status = response.status_code
    if status in NO_KEY:
        # Starlette, and so we, answer a WebSocket at an address that is none with a 403.
        what = "the key" if status == 401 else "the key, or does not know this address"
        return BadCredentials(f"{url} refused {what} (HTTP status {status}).{_why(response)}")
    sentence = f"{url} answered with HTTP status {status} instead of a WebSocket.{_why(response)}"
    final = status < 500 and status not in TRY_AGAIN
    return PeerError(sentence) if final else Unreachable(sentence)


def _why(response: Response) -> str:
    """The server's own sentence, where its body has one."""
    try:
        message = msgspec.json.decode(response.body or b"{}", type=Refusal).error.message
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = ""
    return f' It says: "{message[:500]}"' if message else ""


def _reason(error: Exception) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate is not trusted, {error.verify_message.rstrip('.')}; a file with "
                "that of its issuer can be named in SSL_CERT_FILE"
            )
        case ssl.SSLError():
            return f"no TLS is spoken there ({error.reason}); an address in ws:// may work"
        case InvalidMessage():
            return "what answered there is no HTTP; an address in wss:// may work"
    return str(error).rstrip(".") or "no answer came"
