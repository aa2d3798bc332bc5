"""Forms, however they are split on their way."""

import itertools
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.errors import BadMessage, TooLarge
from vivavoce.server.bodies.multipart import FIELD, Field, File, Item, read_form

pytestmark = pytest.mark.anyio
TYPE = "multipart/form-data; boundary=edge"
AUDIO = b"RIFF\r\n--edg\r\n--edge!\x00\xff"  # almost a boundary
FORM = (
    b'--edge\r\nContent-Disposition: form-data; name="title"\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n'
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="\xc3\xa4.wav"\r\n'
    b"CONTENT-TYPE: audio/wav\r\n\r\n" + AUDIO + b"\r\n"
    b'--edge\r\nContent-Disposition: form-data; name="language"\r\n\r\nen\r\n'
    b"--edge--\r\n"
)


async def body(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read(parts: Iterable[bytes], content_type: str = TYPE) -> list[Item]:
    """The items, neighbouring bytes joined."""
    items: list[Item] = []
    async for item in read_form(content_type, body(parts)):
        if isinstance(item, bytes) and items and isinstance(items[-1], bytes):
            items[-1] += item
        else:
            items.append(item)
    return items


@given(st.lists(st.integers(0, len(FORM)), max_size=20))
async def test_any_split_gives_the_same_items(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(FORM)]
    pieces = [FORM[a:b] for a, b in itertools.pairwise(edges)]
    assert await read(pieces) == [
        Field("title", "Grüße"),
        File("ä.wav", "audio/wav"),
        AUDIO,
        Field("language", "en"),
    ]


async def test_a_file_without_a_name_is_a_file_by_its_field() -> None:
    form = FORM.replace(b'; filename="\xc3\xa4.wav"', b"").replace(b"CONTENT-TYPE", b"X")
    assert File(None, None) in await read([form])


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        (FORM[:-20], "ends before its last boundary"),
        (b"", "ends before its last boundary"),
        (b"no form at all", "cannot be read"),
        (b"--edge\r\nno header\r\n\r\n", "cannot be read"),
    ],
)
async def test_a_damaged_form_is_refused_in_words(form: bytes, complaint: str) -> None:
    with pytest.raises(BadMessage, match=complaint):
        await read([form])


async def test_a_form_needs_its_boundary() -> None:
    with pytest.raises(BadMessage, match="names no boundary"):
        await read([FORM], "multipart/form-data")
    with pytest.raises(BadMessage, match="cannot be read"):
        await read([FORM], f"multipart/form-data; boundary={'x' * 1000}")


async def test_a_field_is_bounded_also_when_it_comes_in_pieces() -> None:
    start = b'--edge\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
    with pytest.raises(TooLarge, match=f"The field title is longer than {FIELD} bytes"):
        await read([start, *[b"x" * 100] * 42])


async def test_headers_are_bounded() -> None:
    with pytest.raises(BadMessage, match="cannot be read"):
        await read([b"--edge\r\nX: ", *[b"x" * 1000] * 100])


async def test_countless_parts() -> None:
    part = b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    with pytest.raises(TooLarge, match="more than 128 parts"):
        await read([part] * 200)


@pytest.mark.parametrize("begun", [b"", FORM], ids=["before the first", "after the last"])
async def test_bytes_that_are_of_no_part(begun: bytes) -> None:
    with pytest.raises((TooLarge, BadMessage)):
        await read(itertools.chain([begun], itertools.repeat(b"\r\n" * 1000, 10_000)))
