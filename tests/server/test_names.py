"""Names in and names out."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.server.names import attachment, extension, media_type, title_of_file


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("talk.mp3", "talk.mp3"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\talk.mp3", "talk.mp3"),
        ("a\x00b\nc\u202ed", "a b c d"),
        ("x" * 500, "x" * 200),
        ("Größe 語.wav", "Größe 語.wav"),
        ("dir/", None),
        ("", None),
        (None, None),
    ],
)
def test_a_file_s_name_makes_a_harmless_title(name: str | None, title: str | None) -> None:
    assert title_of_file(name) == title


@pytest.mark.parametrize(
    ("declared", "name", "kept"),
    [
        ("audio/webm; codecs=opus", None, "audio/webm"),
        ("VIDEO/MP4", None, "video/mp4"),
        ("application/octet-stream", "talk.mp3", "audio/mpeg"),
        ("text/html", "page.html", "application/octet-stream"),
        ("image/svg+xml", None, "application/octet-stream"),
        ("audio/x\r\nSet-Cookie: a=b", None, "application/octet-stream"),
        ("audio/", None, "application/octet-stream"),
        (None, None, "application/octet-stream"),
    ],
)
def test_only_sound_and_film_are_types(declared: str | None, name: str | None, kept: str) -> None:
    assert media_type(declared, name) == kept


def test_the_usual_types_have_their_usual_ends() -> None:
    usual = {"audio/wav": ".wav", "audio/mpeg": ".mp3", "audio/webm": ".webm", "video/mp4": ".mp4"}
    assert {media: extension(media) for media in usual} == usual
    assert extension("audio/nobody-knows") == ""


@pytest.mark.parametrize(
    ("title", "end", "header"),
    [
        ("talk", ".srt", "filename=\"talk.srt\"; filename*=UTF-8''talk.srt"),
        ("talk.mp3", ".mp3", "filename=\"talk.mp3\"; filename*=UTF-8''talk.mp3"),
        ("Café %", ".txt", "filename=\"Caf_ _.txt\"; filename*=UTF-8''Caf%C3%A9%20%25.txt"),
        ("../a\"b\\c", ".txt", "filename=\"_a_b_c.txt\"; filename*=UTF-8''_a_b_c.txt"),
        ("...", "", "filename=\"recording\"; filename*=UTF-8''recording"),
    ],
)  # fmt: skip
def test_a_download_is_named_after_its_title(title: str, end: str, header: str) -> None:
    assert attachment(title, end) == f"attachment; {header}"


@given(st.text())
def test_no_title_breaks_out_of_the_header(title: str) -> None:
    header = attachment(title, ".txt")
    assert re.fullmatch(
        r"attachment; filename=\"[^\"\\\x00-\x1f\x7f-\U0010ffff]+\"; filename\*=UTF-8''[\w.~%-]+",
        header,
        re.ASCII,
    )
