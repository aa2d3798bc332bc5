"""Which pages may."""

import pytest

from vivavoce.server.browsers.origins import Origins, own

HOST = "voice.example:8000"


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://voice.example:8000", HOST),
        ("https://voice.example:8000", HOST),  # a proxy ended TLS
        ("http://Voice.Example:8000", "voice.example:8000"),
        ("https://voice.example", "voice.example"),
        ("https://voice.example", "voice.example:443"),
        ("http://voice.example", "voice.example:80"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_a_page_of_this_server(origin: str, host: str) -> None:
    assert own(origin, host)
    assert Origins().allow(origin, host)


@pytest.mark.parametrize(
    "origin",
    [
        *("http://evil.example", "http://voice.example", "http://voice.example:8001", "null", ""),
        *("http://voice.example:8000.evil.example", "http://evil.example/voice.example:8000"),
        *("file://", "chrome-extension://voice.example:8000", "voice.example:8000", "http://[::1"),
        "http://evil@voice.example:8000",
    ],
)
def test_no_other(origin: str) -> None:
    assert not own(origin, HOST)
    assert not Origins().allow(origin, HOST)
    assert Origins(["*"]).allow(origin, HOST)


def test_a_plain_page_is_another_than_one_by_tls() -> None:
    assert not own("http://voice.example", "voice.example", secure=True)
    assert own("https://voice.example", "voice.example", secure=True)


def test_a_program_says_of_no_page() -> None:
    assert Origins().allow(None, HOST)
    assert not own("http://voice.example", None)


def test_those_of_the_settings() -> None:
    origins = Origins(["https://app.example/", "null"])
    assert origins.allow("https://app.example", HOST)
    assert origins.allow("null", HOST)
    assert not origins.allow("http://app.example", HOST)
