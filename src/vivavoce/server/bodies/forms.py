"""A form taken whole, for protocols whose fields may come after the file.

The file waits until the last field is known, beside the journals once it is more than a
little; nobody's transcription can begin before its language has been said.
"""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Final

from starlette.requests import ClientDisconnect, Request

from vivavoce.core.errors import BadMessage, PeerError, TooLarge
from vivavoce.journal.disk import disk_errors
from vivavoce.server.bodies.intake import MIB
from vivavoce.server.bodies.multipart import FIELD, Field, File, Item, read_form
from vivavoce.server.rest.uploads import check_length

FIELDS: Final = 64
"""The most fields of one form."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form; `close` gives its room back."""

    name: str | None
    media: str | None  # the media type that the client declared
    bytes: "SpooledTemporaryFile[bytes]"

    def close(self) -> None:
        self.bytes.close()


@dataclass(slots=True)
class Form:
    """Values in the order they came in, by name."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    upload: Upload | None = None

    def value(self, name: str) -> str | None:
        """The last value of a field; None for one that is not there or empty."""
        return (self.fields.get(name) or [""])[-1].strip() or None

    def close(self) -> None:
        if self.upload is not None:
            self.upload.close()


async def receive(request: Request, limit: int, folder: Path, longest: int = FIELD) -> Form:
    """The form in a request; close it when it is done with.

    `limit` is in MiB, `folder` is where large files are put, `longest` is in bytes, of a field
    that is not a file. Raises `BadMessage`, `TooLarge`, `DiskError`, and `PeerError` when the
    client goes.
    """
    check_length(request, limit)
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise BadMessage("The body is to be a form, with Content-Type: multipart/form-data.")
    taking = _Taking(limit, folder)
    try:
        async for item in read_form(content_type, request.stream(), longest):
            taking.take(item)
    except BaseException as error:
        taking.form.close()
        if isinstance(error, ClientDisconnect):
            raise PeerError("The upload broke off.") from error
        raise
    if taking.form.upload is not None:
        taking.form.upload.bytes.seek(0)
    return taking.form


class _Taking:
    def __init__(self, limit: int, folder: Path) -> None:
        self.form = Form()
        self._limit = limit
        self._folder = folder
        self._fields = 0
        self._size = 0

    def take(self, item: Item) -> None:
        match item:
            case Field():
                self._fields += 1
                if self._fields > FIELDS:
                    raise TooLarge(f"The form has more than {FIELDS} fields.")
                self._count(len(item.value))
                self.form.fields.setdefault(item.name, []).append(item.value)
            case File():
                if self.form.upload is not None:
                    raise BadMessage("Send one file at a time.")
                spool = SpooledTemporaryFile(MIB, dir=str(self._folder))  # noqa: SIM115
                self.form.upload = Upload(item.name, item.media, spool)
            case bytes():
                self._write(item)

    def _write(self, data: bytes) -> None:
        assert self.form.upload is not None
        self._count(len(data))
        with disk_errors(self._folder):
            self.form.upload.bytes.write(data)

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > self._limit * MIB:
            raise TooLarge(f"The upload is larger than {self._limit} MiB.")
