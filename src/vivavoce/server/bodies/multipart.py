"""A multipart form as it streams in: fields whole, files in the pieces they came in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from vivavoce.core.errors import BadMessage, TooLarge

FIELD: Final = 4096
"""Bytes of the longest field that is not a file, where no more is asked for."""

PARTS: Final = 128
"""Of one form, files among them."""

FRUITLESS: Final = 64 << 10
"""Bytes that may come and belong to no part: before the first, after the last, of its headers."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class File:
    """A file begins; the bytes that follow are its own."""

    name: str | None
    media: str | None  # the media type that the client declared


Item = Field | File | bytes


async def read_form(
    content_type: str, body: AsyncIterator[bytes], longest: int = FIELD
) -> AsyncIterator[Item]:
    """The parts of a form in order; a field that is not a file has at most `longest` bytes.

    Raises `BadMessage`, `TooLarge` (a field, not a file).
    """
    form = _Form(_boundary(content_type), longest)
    async for data in body:
        for item in form.feed(data):
            yield item
    form.finish()


def _boundary(content_type: str) -> bytes:
    _, options = parse_options_header(content_type)
    if not (boundary := options.get(b"boundary")):
        raise BadMessage("The form's Content-Type names no boundary.")
    return boundary


class _Form:
    """The parser calls back in the middle of `feed`; what it says is collected there."""

    def __init__(self, boundary: bytes, longest: int) -> None:
        self._longest = longest
        self._items: list[Item] = []
        self._headers: dict[bytes, bytes] = {}
        self._name = b""  # of the header that is being read
        self._value = b""
        self._field: str | None = None  # the name of the field that is being read
        self._text = bytearray()
        self._over = False
        self._parts = 0
        self._fruitless = 0
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._headers.clear,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
            )
        except FormParserError as error:
            raise BadMessage(f"The form cannot be read: {error}.") from error

    def feed(self, data: bytes) -> list[Item]:
        """What these bytes complete. Raises `BadMessage`, `TooLarge`."""
        self._fruitless += len(data)
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise BadMessage(f"The form cannot be read: {error}.") from error
        if self._fruitless > FRUITLESS:
            raise TooLarge(f"The form has more than {FRUITLESS} bytes that are of no part.")
        items, self._items = self._items, []
        return items

    def finish(self) -> None:
        if not self._over:
            raise BadMessage("The form ends before its last boundary.")

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _on_headers_finished(self) -> None:
        self._fruitless = 0
        self._parts += 1
        if self._parts > PARTS:
            raise TooLarge(f"The form has more than {PARTS} parts.")
        disposition = self._headers.get(b"content-disposition", b"").decode("latin-1")
        _, options = parse_options_header(disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options and name != "file":
            self._field = name
            return
        media = self._headers.get(b"content-type")
        filename = options.get(b"filename", b"").decode("utf-8", "replace")
        self._items.append(File(filename or None, media.decode("latin-1") if media else None))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._fruitless = 0
        if self._field is None:
            self._items.append(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > self._longest:
            raise TooLarge(f"The field {self._field} is longer than {self._longest} bytes.")

    def _on_part_end(self) -> None:
        if self._field is not None:
            self._items.append(Field(self._field, self._text.decode("utf-8", "replace")))
        self._field = None
        self._text.clear()

    def _on_end(self) -> None:
        self._over = True
