"""Forms without a file, of this server's own pages and of programs, in either encoding."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from vivavoce.config import Settings
from vivavoce.core.errors import BadMessage, PeerError, TooLarge
from vivavoce.server.bodies.forms import FIELDS, receive
from vivavoce.server.bodies.intake import MIB

TEXT: Final = 2 * MIB
"""Bytes of the longest field: what is said in a day."""

FORM: Final = 8
"""MiB of all fields."""

URLENCODED: Final = "application/x-www-form-urlencoded"


async def fields(request: Request, settings: Settings) -> Mapping[str, str]:
    """The fields by name, of each the last.

    Raises `PeerError`, `BadMessage`, `TooLarge`.
    """
    if request.headers.get("content-type", "").startswith(URLENCODED):
        return await _urlencoded(request)
    form = await receive(request, FORM, settings.data_dir, TEXT)
    form.close()
    return {name: values[-1] for name, values in form.fields.items()}


async def _urlencoded(request: Request) -> Mapping[str, str]:
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > FORM * MIB:
                raise TooLarge(f"The form is larger than {FORM} MiB.")
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS)
    except ClientDisconnect as error:
        raise PeerError("The form broke off.") from error
    except ValueError:
        raise BadMessage(f"The form cannot be read: at most {FIELDS} fields in UTF-8.") from None
    return dict(pairs)
